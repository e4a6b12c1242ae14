import type { FastifyInstance } from 'fastify';

export interface KnownRoutes {
  /** Methods of the routes this address has; none: there is no such address. */
  methodsOf(url: string): readonly string[];
}

/** Fastify answers 404 for a known path with another method; 405 needs to know the paths. Call before routes are added. */
export const rememberRoutes = (app: FastifyInstance): KnownRoutes => {
  const known: { readonly method: string; readonly parts: readonly string[] }[] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) known.push({ method, parts: partsOf(route.url) });
  });
  return {
    methodsOf: (url) => {
      const parts = partsOf(url.split('?', 1)[0] ?? '');
      return [...new Set(known.filter((route) => matches(route.parts, parts)).map((route) => route.method))].sort();
    },
  };
};

const partsOf = (path: string): string[] => path.split('/');

const matches = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length &&
  pattern.every((part, index) => (part.startsWith(':') ? parts[index] !== '' : part === parts[index]));
