import { causeCode, MmmError } from '../../errors.ts';

const TIMEOUT_MS = 5_000;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/** What a schema is registered under. `kind` as the registry names it. */
export interface RegistrySchema {
  readonly kind: 'AVRO' | 'JSON';
  readonly text: string;
}

/** The registry refused: `status` 409 is an incompatible change, 422 a schema it can not read. */
export class RegistryRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string) {
    super(`the schema registry answered ${status}: ${reason}`);
    this.name = 'RegistryRefusal';
    this.status = status;
    this.reason = reason;
  }
}

/**
 * The few calls of a Confluent-compatible registry that the engine needs. The client package is not used for them: it answers a refused
 * connection as status 400 and has no time limit, and "down" and "does not know" must never be mixed up (wait, or dead letter).
 * Every method throws MmmError REGISTRY_UNAVAILABLE when there is no answer, or one of a broken server, and RegistryRefusal otherwise.
 */
export class RegistryClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  /** `url` with the path of the API, for instance `http://host:8081` or `http://host:8080/apis/ccompat/v7`; may hold user:password. */
  constructor(url: string) {
    const parsed = new URL(url);
    const { username, password } = parsed;
    const basic = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    parsed.username = '';
    parsed.password = '';
    this.#base = parsed.toString().replace(/\/+$/, '');
    this.#headers = {
      'content-type': CONTENT_TYPE,
      accept: `${CONTENT_TYPE}, application/json`,
      ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
    };
  }

  /** The text of a schema; null when the registry does not know the id. */
  async schemaById(id: number): Promise<RegistrySchema | null> {
    const answer = await this.#call('GET', `/schemas/ids/${id}`);
    if (answer === null) return null;
    return { kind: answer['schemaType'] === 'JSON' ? 'JSON' : 'AVRO', text: text(answer['schema']) };
  }

  /** The id of exactly this schema under the subject; null when it is not there. */
  async idOf(subject: string, schema: RegistrySchema): Promise<number | null> {
    const answer = await this.#call('POST', `/subjects/${encodeURIComponent(subject)}`, bodyOf(schema));
    return answer === null ? null : number(answer['id']);
  }

  async register(subject: string, schema: RegistrySchema): Promise<number> {
    const answer = await this.#call('POST', `/subjects/${encodeURIComponent(subject)}/versions`, bodyOf(schema));
    return number(answer?.['id']);
  }

  /** The rule set for the subject itself; null when it has none. A subject without one may answer the default in place of nothing. */
  async compatibilityOf(subject: string): Promise<string | null> {
    const answer = await this.#call('GET', `/config/${encodeURIComponent(subject)}`);
    return answer === null ? null : text(answer['compatibilityLevel']);
  }

  async setCompatibility(subject: string, compatibility: 'BACKWARD'): Promise<void> {
    await this.#call('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility });
  }

  /** Whether the latest version's readers could take it; null when the subject does not exist. */
  async isCompatible(subject: string, schema: RegistrySchema): Promise<boolean | null> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest`;
    const answer = await this.#call('POST', path, bodyOf(schema));
    return answer === null ? null : answer['is_compatible'] === true;
  }

  /** The JSON object answered; null for 404. */
  async #call(method: string, path: string, body?: object): Promise<Record<string, unknown> | null> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers: this.#headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const raw = await response.text();
      answer = raw === '' ? {} : JSON.parse(raw);
    } catch (error) {
      throw new MmmError('REGISTRY_UNAVAILABLE', undefined, { cause: error, details: causeCode(error) });
    }
    const fields = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
    const { status } = response;
    // 404 with a registry's own code; a proxy's or a wrong path's has none, and must not turn records into dead letters.
    if (status === 404 && typeof fields['error_code'] === 'number') return null;
    if (response.ok) return fields;
    if (status === 409 || status === 422) throw new RegistryRefusal(status, text(fields['message']));
    throw new MmmError('REGISTRY_UNAVAILABLE', undefined, { details: { status } });
  }
}

const bodyOf = ({ kind, text: schema }: RegistrySchema): object =>
  kind === 'AVRO' ? { schema } : { schema, schemaType: kind };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new MmmError('REGISTRY_UNAVAILABLE', undefined, { details: { answer: 'no id' } });
}
