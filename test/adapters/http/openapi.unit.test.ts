import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { envelope, HttpHarness } from './harness.ts';

interface Operation {
  security?: object[];
  requestBody?: object;
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}
const http = new HttpHarness();
let document: Document;
beforeAll(async () => {
  document = (await http.inject({ method: 'GET', url: '/v1/mmm/openapi.json' })).json<Document>();
});

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

test('it is OpenAPI 3.1 and has every route', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(
    operations()
      .map(([name]) => name)
      .sort(),
  ).toEqual([
    'get /v1/mmm/decisions',
    'get /v1/mmm/decisions/{id}',
    'get /v1/mmm/health',
    'get /v1/mmm/openapi.json',
    'get /v1/mmm/ready',
    'get /v1/mmm/receipts/{id}',
    'post /v1/mmm/decide',
    'post /v1/mmm/signals',
  ]);
});

test('the three public routes need no token, the others do', () => {
  const open = operations().filter(([, operation]) => operation.security === undefined);
  expect(open.map(([name]) => name).sort()).toEqual([
    'get /v1/mmm/health',
    'get /v1/mmm/openapi.json',
    'get /v1/mmm/ready',
  ]);
  expect(document.components.securitySchemes).toMatchObject({ bearerAuth: { type: 'http', scheme: 'bearer' } });
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1]!);
  expect(references.length).toBeGreaterThan(10);
  for (const reference of new Set(references)) {
    expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
    expect(Object.keys(document.components.schemas)).toContain(reference.split('/').at(-1));
  }
});

describe('what the routes answer is what the document says', () => {
  const check = async (name: string, reply: { statusCode: number; json: () => unknown }): Promise<void> => {
    const schema = new Map(operations()).get(name)?.responses[String(reply.statusCode)]?.content?.['application/json']
      ?.schema;
    expect(schema).toBeDefined();
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const validate = ajv.compile({ ...schema, components: document.components });
    validate(reply.json());
    expect(validate.errors).toBeNull();
  };

  test('decide, signals, decisions, receipts, and an error', async () => {
    const decided = await http.post('/v1/mmm/decide', { signal: envelope() });
    expect(decided.json<{ actions: object[] }>().actions).toHaveLength(1);
    await check('post /v1/mmm/decide', decided);
    await check('post /v1/mmm/decide', await http.post('/v1/mmm/decide', {}));
    await check('post /v1/mmm/decide', await http.post('/v1/mmm/decide', { actor_id: 'dev2' }));
    await check('post /v1/mmm/signals', await http.post('/v1/mmm/signals', { signals: [envelope(), {}, 1] }));
    await check('post /v1/mmm/signals', await http.post('/v1/mmm/signals', {}));
    const { decision } = decided.json<{ decision: { decision_id: string; receipt_id: string } }>();
    await check('get /v1/mmm/decisions', await http.get('/v1/mmm/decisions'));
    await check('get /v1/mmm/decisions/{id}', await http.get(`/v1/mmm/decisions/${decision.decision_id}`));
    await check('get /v1/mmm/decisions/{id}', await http.get('/v1/mmm/decisions/x'));
    await check('get /v1/mmm/receipts/{id}', await http.get(`/v1/mmm/receipts/${decision.receipt_id}`));
    await check('get /v1/mmm/health', await http.get('/v1/mmm/health'));
    await check('get /v1/mmm/ready', await http.get('/v1/mmm/ready'));
  });
});
