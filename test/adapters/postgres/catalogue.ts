import type { Queryable } from '../../../src/adapters/postgres/database.ts';

/** A thing of the schema that a program may count on. `facts` are what must not change, `columns` what a rule of it looks at. */
export interface Thing {
  readonly kind: 'table' | 'column' | 'check' | 'unique' | 'foreign key' | 'function' | 'policy' | 'trigger' | 'grant';
  readonly name: string;
  readonly table: string | null;
  readonly facts: Readonly<Record<string, string | boolean | null>>;
  readonly columns: readonly string[];
}

/** What PostgreSQL itself says is there: no reading of SQL texts, so that DO blocks and functions that run DDL are seen by what they did. */
const CATALOGUE = `
WITH tables AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'mmm_schema_migrations'),
     named AS (SELECT t.oid, a.attnum, a.attname::text FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
     grants AS (
       SELECT relname::text AS on_what, relname::text AS "table", (aclexplode(relacl)).* FROM tables
       UNION ALL
       SELECT t.relname || '.' || a.attname, t.relname::text, (aclexplode(a.attacl)).* FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
       UNION ALL
       SELECT p.oid::regprocedure::text, NULL, (aclexplode(p.proacl)).* FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
     )
SELECT 'table' AS kind, relname::text AS name, relname::text AS "table", json_build_object('row_security', relrowsecurity) AS facts, '{}'::text[] AS columns FROM tables
UNION ALL
SELECT 'column', t.relname || '.' || a.attname, t.relname,
       json_build_object('type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull, 'filled', a.atthasdef OR a.attidentity <> ''), ARRAY[a.attname::text]
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT CASE c.contype WHEN 'c' THEN 'check' ELSE 'foreign key' END, t.relname || '.' || c.conname, t.relname,
       json_build_object('definition', pg_get_constraintdef(c.oid)), ARRAY(SELECT n.attname FROM named n WHERE n.oid = t.oid AND n.attnum = ANY (c.conkey))
  FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype IN ('c', 'f')
UNION ALL
SELECT 'unique', t.relname || '.' || i.relname, t.relname, json_build_object('definition', pg_get_indexdef(i.oid)),
       ARRAY(SELECT DISTINCT n.attname FROM pg_depend d JOIN named n ON n.oid = d.refobjid AND n.attnum = d.refobjsubid WHERE d.objid IN (i.oid, con.oid))
  FROM tables t JOIN pg_index x ON x.indrelid = t.oid AND x.indisunique JOIN pg_class i ON i.oid = x.indexrelid
  LEFT JOIN pg_constraint con ON con.conindid = i.oid AND con.conrelid = t.oid
UNION ALL
SELECT 'function', p.oid::regprocedure::text, NULL,
       json_build_object('arguments', pg_get_function_arguments(p.oid), 'result', pg_get_function_result(p.oid), 'volatility', p.provolatile, 'definer', p.prosecdef), '{}'
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'policy', t.relname || '.' || p.polname, t.relname,
       json_build_object('for', p.polcmd, 'to', (SELECT string_agg(r.rolname, ',' ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (p.polroles)),
                         'using', pg_get_expr(p.polqual, t.oid), 'check', pg_get_expr(p.polwithcheck, t.oid)), '{}'
  FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
UNION ALL
SELECT 'trigger', t.relname || '.' || g.tgname, t.relname, json_build_object('definition', pg_get_triggerdef(g.oid)), '{}'
  FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'grant', g.privilege_type || ' on ' || g.on_what || ' to ' || coalesce(r.rolname, 'PUBLIC'), g."table", '{}'::jsonb::json, '{}'::text[]
  FROM grants g LEFT JOIN pg_roles r ON r.oid = g.grantee`;

export type Catalogue = ReadonlyMap<string, Thing>;

export const catalogueOf = async (database: Queryable): Promise<Catalogue> => {
  const things = await database.query<Thing>(CATALOGUE);
  return new Map(things.map((thing) => [`${thing.kind} ${thing.name}`, thing]));
};

/** `column = ANY (ARRAY[...])` of a check, in PostgreSQL's own writing. */
const allowedValues = (definition: string): { readonly column: string; readonly values: readonly string[] } | null => {
  const match = /^CHECK \(\((\w+) = ANY \(ARRAY\[(.*)\]\)\)\)$/.exec(definition);
  if (match === null) return null;
  return { column: match[1]!, values: [...match[2]!.matchAll(/'((?:[^']|'')*)'/g)].map(([, value]) => value!) };
};

const isWider = (before: Thing | undefined, after: Thing): boolean => {
  const [from, to] = [before, after].map((thing) => allowedValues(String(thing?.facts['definition'] ?? '')));
  if (from === null || from === undefined || to === null || to === undefined || from.column !== to.column) return false;
  return from.values.every((value) => to.values.includes(value));
};

const GONE: readonly Thing['kind'][] = ['table', 'column', 'function', 'policy', 'grant'];

/**
 * What a program that was written for `before` would stumble over on `after`, in words; none: only things were added (expand, then contract). A rule is
 * new to such a program unless it is on a table or on columns that the program does not know.
 */
export const brokenPromises = (before: Catalogue, after: Catalogue): readonly string[] => {
  const faults: string[] = [];
  for (const [key, thing] of before) {
    const now = after.get(key);
    if (now === undefined) {
      if (GONE.includes(thing.kind)) faults.push(`${key} is gone`);
      continue;
    }
    faults.push(...changed(key, thing, now));
  }
  for (const [key, thing] of after) {
    if (before.has(key) || thing.table === null || !before.has(`table ${thing.table}`)) continue;
    const isOfNewColumns =
      thing.columns.length > 0 &&
      thing.columns.every((column) => !before.has(`column ${String(thing.table)}.${column}`));
    if (thing.kind === 'column' && thing.facts['not_null'] === true && thing.facts['filled'] !== true)
      faults.push(`${key} must be given, and programs of before do not give it`);
    if (thing.kind === 'trigger') faults.push(`${key} changes what programs of before write`);
    if (['check', 'unique', 'foreign key'].includes(thing.kind) && !isOfNewColumns)
      faults.push(`${key} refuses what programs of before may write`);
  }
  return faults;
};

const changed = (key: string, before: Thing, after: Thing): readonly string[] => {
  if (before.kind === 'check' && isWider(before, after)) return [];
  return Object.keys({ ...before.facts, ...after.facts }).flatMap((fact) => {
    const [was, is] = [before.facts[fact], after.facts[fact]];
    if (was === is) return [];
    // May be left out from now on; may be null from now on: neither is asked of a program of before.
    if (before.kind === 'column' && fact === 'filled' && is === true) return [];
    if (before.kind === 'column' && fact === 'not_null' && is === false) return [];
    return [`${key}: ${fact} was ${String(was)} and is ${String(is)}`];
  });
};
