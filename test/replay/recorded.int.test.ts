import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Definitions } from '../../src/adapters/postgres/definitions.ts';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { PostgresRecordedHistory } from '../../src/adapters/postgres/recorded-history.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import { traceOf } from '../../src/domain/decision/trace.ts';
import { recordedDeps } from '../../src/entrypoints/composition/recorded.ts';
import { buildBacktestReport } from '../../src/replay/backtest/backtest-report.ts';
import { runBacktest } from '../../src/replay/backtest/run-backtest.ts';
import { isSaid } from '../../src/domain/explain/outcome.ts';
import { explainRecorded } from '../../src/replay/explain/explain-recorded.ts';
import type { RecordedPiece } from '../../src/replay/recorded-history.ts';
import { rulesInForce } from '../../src/replay/rules-in-force.ts';
import { makeDatabase, type TestDatabase } from '../adapters/postgres/test-database.ts';
import { define, LARGE, record, REPEATED, signals, START_MS, TENANT } from './recorded-history.ts';

const DAY = 24 * 3_600_000;
const END_MS = START_MS + 30 * DAY;

let database: TestDatabase;
let deps: ReturnType<typeof recordedDeps>;
/** Those of the producers, and those with which the engine brought back what it had put off. */
let all = 0;
beforeAll(async () => {
  database = await makeDatabase();
  await define(database);
  all = signals.length + (await record(database));
  deps = recordedDeps({ api: database.api });
});
afterAll(async () => {
  await database.drop();
});

const live = async () => {
  const held = rulesInForce(await deps.history.rules(TENANT), END_MS)!;
  return { documents: held.documents, rules: deps.compile(held.documents)! };
};
const against = async (document: { readonly id: string }) => {
  const { documents, rules } = await live();
  const others = documents.playbooks.filter(({ playbookId }) => playbookId !== document.id);
  const playbooks = [...others, { playbookId: document.id, version: 1, document }];
  return { playbookId: document.id, live: rules, next: deps.compile({ ...documents, playbooks })! };
};

describe('explain', () => {
  test('every recorded signal is planned again as it was, decided or not, in the zone of its person', async () => {
    const results = new Map<string, number>();
    // Every second one: each asks the database some ten times.
    for (const { signal } of signals.filter((_, n) => n % 2 === 0)) {
      const found = await explainRecorded(deps, TENANT, signal.signal_id);
      expect({ id: signal.source_signal_id, reproduced: found.reproduced }).toEqual({
        id: signal.source_signal_id,
        reproduced: true,
      });
      const { result, playbooks } = found.explanation;
      results.set(result, (results.get(result) ?? 0) + 1);
      expect(playbooks.map(({ playbookId }) => playbookId)).toEqual(['large', 'repeated']);
      expect(found.reader.zone.name).toBe(signal.actor_id === 'dev0' ? '+05:30' : 'UTC');
      // What was read is kept with a decision; without one it is found elsewhere, or the notes say what is not.
      if (result === 'decided') expect(found.notes).toEqual([]);
    }
    expect([...results.keys()].sort()).toEqual(['actor_type', 'context_only', 'decided', 'no_match']);
  });

  test('so is every second look at what was put off, which asks only whom it brings back', async () => {
    const producers = new Set(signals.map(({ signal }) => signal.signal_id));
    const rows = await database.pipeline.query<{ signal_id: string; result: string }>(
      'SELECT signal_id, result FROM mmm_journal ORDER BY decided_at_ms',
    );
    const again = rows.filter((row) => !producers.has(row.signal_id)).filter((_, n) => n % 3 === 0);
    expect(again.length).toBeGreaterThan(10);
    let looked = 0;
    for (const { signal_id: id, result } of again) {
      const found = await explainRecorded(deps, TENANT, id);
      expect({ id, reproduced: found.reproduced }).toEqual({ id, reproduced: true });
      const actions = found.explanation.playbooks.flatMap((one) => one.actions);
      expect(actions.length > 0).toBe(result === 'decided');
      expect(actions.every(({ disposition }) => disposition !== null)).toBe(true);
      looked += actions.length;
    }
    expect(looked).toBeGreaterThan(5);
  });

  test('by the id of the decision and of the action as well; of another tenant it is not there', async () => {
    const [row] = await database.pipeline.query<{ decision_id: string; action_id: string; signal_id: string }>(
      'SELECT decision_id, action_id, signal_id FROM mmm_actions JOIN mmm_decisions USING (tenant_id, decision_id) LIMIT 1',
    );
    for (const id of [row!.decision_id, row!.action_id]) {
      const found = await explainRecorded(deps, TENANT, id);
      expect(found.signalId).toBe(row!.signal_id);
      expect(
        found.explanation.playbooks.flatMap(({ actions }) => actions).some((one) => isSaid(one.disposition ?? '')),
      ).toBe(true);
    }
    await expect(explainRecorded(deps, 'other', row!.signal_id)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });
});

describe('the lines, in pieces', () => {
  const linesOf = async (linesPerPiece: number, bytes: number, textsFromMs?: number, piecesAtMost = Infinity) => {
    const history = new PostgresRecordedHistory(database.api, linesPerPiece, bytes);
    const pieces: RecordedPiece[] = [];
    for await (const piece of history.lines(TENANT, { fromMs: START_MS, toMs: END_MS }, textsFromMs)) {
      pieces.push(piece);
      if (pieces.length >= piecesAtMost) break;
    }
    return pieces;
  };
  const whole = async (textsFromMs?: number) => (await linesOf(10_000, 1e9, textsFromMs)).flatMap(({ lines }) => lines);

  test('whatever their size, every line comes once, actor by actor, each in its order', async () => {
    const expected = await whole();
    expect(expected).toHaveLength(all);
    const versions = Map.groupBy(expected, ({ actorId }) => actorId);
    for (const lines of versions.values()) {
      // A change of a profile is a version too, without a line.
      const first = lines[0]!.entry.version;
      expect(lines.map(({ entry }) => entry.version)).toEqual(lines.map((_, at) => first + at));
    }
    const actors = expected.map(({ actorId }) => actorId).filter((id, at, ids) => id !== ids[at - 1]);
    expect(actors).toEqual([...versions.keys()]);

    const pieces = await linesOf(7, 1e9);
    expect(pieces.flatMap(({ lines }) => lines)).toEqual(expected);
    expect(pieces.every(({ lines }) => lines.length <= 7)).toBe(true);
    // Borders within an actor, and pieces of several actors.
    expect(pieces.some(({ lines }, at) => lines.at(-1)!.actorId === pieces[at + 1]?.lines[0]?.actorId)).toBe(true);
    expect(pieces.some(({ lines }) => new Set(lines.map(({ actorId }) => actorId)).size > 1)).toBe(true);
    expect(pieces.reduce((sum, { read }) => sum + read, 0)).toBe(await deps.history.lineCount(TENANT));
    for (const { lines, profiles } of pieces) {
      expect(profiles.has('dev0')).toBe(lines.some(({ actorId }) => actorId === 'dev0'));
    }
  });

  test('large signals make pieces of fewer lines, never of none', async () => {
    const expected = await whole();
    const single = await linesOf(10_000, 1, START_MS, 40);
    expect(single.every(({ lines }) => lines.length === 1)).toBe(true);
    expect(single.flatMap(({ lines }) => lines)).toEqual(expected.slice(0, 40));
    const bytesOf = ({ signal, read }: RecordedPiece['lines'][number]): number =>
      Buffer.byteLength(signal ?? '') + Buffer.byteLength(read ?? '');
    for (const { lines } of await linesOf(10_000, 5_000)) {
      expect(lines.length === 1 || lines.reduce((sum, line) => sum + bytesOf(line), 0) <= 5_000).toBe(true);
    }
  });

  test('what was decided before the texts are wanted comes with its entry alone', async () => {
    const from = START_MS + 3 * DAY;
    const later = await whole(from);
    expect(later).toEqual(
      (await whole()).map((line) => (line.entry.decidedAtMs < from ? { ...line, signal: null, read: null } : line)),
    );
    expect(later.some(({ signal }) => signal === null)).toBe(true);
    expect(later.some(({ read }) => read !== null)).toBe(true);
  });

  test('a connection that the server ends is no end of a walk, and one that it always ends is', async () => {
    const ending = (times: number): Database => {
      let left = times;
      const transaction: Database['transaction'] = async (work) =>
        await database.api.transaction(async (tx, client) => {
          const [{ pid } = { pid: 0 }] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          if (left > 0) {
            left -= 1;
            await database.owner.query('SELECT pg_terminate_backend($1)', [pid]);
          }
          return await work(tx, client);
        });
      return { ...database.api, transaction };
    };
    const count = async (times: number) => await new PostgresRecordedHistory(ending(times)).lineCount(TENANT);
    expect(await count(2)).toBe(all);
    await expect(count(3)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

describe('backtest', () => {
  const stretch = { fromMs: START_MS, toMs: END_MS };

  test('of the live version over the recorded days is what really happened, decision for decision', async () => {
    const traces = new Map(
      (
        await database.pipeline.query<{ signal_id: string; trace: string }>(
          'SELECT signal_id, trace FROM mmm_decisions',
        )
      ).map((row) => [row.signal_id, row.trace]),
    );
    let decided = 0;
    const tally = await runBacktest(
      deps,
      { tenantId: TENANT, stretch, rules: await against(LARGE) },
      {
        replayed: (_line, made) => {
          const { entry } = made;
          expect(made.live.result).toBe(entry.result);
          expect(made.live.sent).toEqual(entry.sent);
          if (entry.decisionId === null) return;
          decided += 1;
          expect(canonicalJson(traceOf(made.live))).toBe(traces.get(entry.signalId));
          expect(made.next.candidates.map((one) => one.reasonCode)).toEqual(
            made.live.candidates.map((one) => one.reasonCode),
          );
        },
      },
    );
    expect(decided).toBe(traces.size);
    expect(decided).toBeGreaterThan(150);
    expect(tally).toMatchObject({ signals: all, asRecorded: all, notReplayable: 0 });
    for (const { live: before, next } of tally.ends.values()) expect(next).toBe(before);
    expect([...tally.ends.values()].map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['sent', 'condition_not_met', 'cooldown', 'quiet_hours']),
    );
  });

  test('a stretch that begins in the middle starts from the state of that time', async () => {
    const half = { fromMs: START_MS + 3 * DAY, toMs: END_MS };
    const tally = await runBacktest(deps, { tenantId: TENANT, stretch: half, rules: await against(REPEATED) });
    const inHalf = await deps.history.count(TENANT, half);
    expect(inHalf).toBeLessThan(all);
    expect(tally.signals).toBe(inHalf);
    expect(tally.asRecorded).toBe(tally.signals);
  });

  test('a version that asks for less: more of it, what it takes from the others, and what became of the recorded ones', async () => {
    const sent = await database.pipeline.query<{ action_id: string; decision_id: string; actor_id: string }>(
      `SELECT a.action_id, a.decision_id, j.actor_id FROM mmm_journal j
         JOIN mmm_actions a ON a.tenant_id = j.tenant_id AND a.decision_id = j.decision_id AND a.playbook_id = 'large'
        WHERE EXISTS (SELECT FROM json_array_elements(j.facts->'s') s WHERE s->>'playbookId' = 'large') ORDER BY j.decided_at_ms`,
    );
    const report = async (
      result: string,
      { action_id, decision_id, actor_id }: (typeof sent)[number],
    ): Promise<void> => {
      await database.pipeline.query(
        `INSERT INTO mmm_outcomes (tenant_id, outcome_id, actor_id, decision_id, action_id, result, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6, now())`,
        [TENANT, `${result}-${action_id}`, actor_id, decision_id, action_id, result],
      );
    };
    await report('shown', sent[0]!);
    await report('accepted', sent[0]!);
    await report('dismissed', sent[1]!);

    const easier = { ...LARGE, when: 'signal.payload.files_changed >= 5', limits: { cooldown: '1h' } };
    const tally = await runBacktest(deps, { tenantId: TENANT, stretch, rules: await against(easier) });
    const made = buildBacktestReport(tally, { playbookId: 'large', liveVersion: 1, stretch });
    expect(made.sent.playbook.live).toBe(sent.length);
    expect(made.sent.playbook.next).toBeGreaterThan(sent.length);
    // Caps are everybody's: what more is said of this is something else said otherwise.
    expect(made.sent.others.next).not.toBe(made.sent.others.live);
    // What only this version puts off comes back too, although nobody recorded its release: each promise is kept once.
    const ended = (side: 'live' | 'next', fits: (end: string) => boolean): number =>
      made.ends.reduce((sum, end) => sum + (fits(end.disposition) ? end[side] : 0), 0);
    const signalsOfIt = ended('live', () => true) - ended('live', (end) => end === 'deferred');
    expect(ended('next', () => true) - ended('next', (end) => end === 'deferred')).toBe(signalsOfIt);
    expect(made.outcomes.find(({ result }) => result === 'accepted')).toMatchObject({ recorded: 1 });
    expect(made.outcomes.find(({ result }) => result === 'dismissed')).toMatchObject({ recorded: 1 });
    expect(made.outcomes.reduce((sum, one) => sum + one.recorded, 0)).toBe(sent.length);
    expect(made.outcomes.find(({ result }) => result === 'shown')).toBeUndefined();
    expect(made.people).toBe(6);
    expect(made.perPerson?.playbook.live).toHaveLength(3);
    expect(JSON.stringify(made)).not.toContain('dev');
  });

  test('in pieces of any size it counts the same: states, what waits and outcomes go over their borders', async () => {
    const easier = { ...LARGE, when: 'signal.payload.files_changed >= 5', limits: { cooldown: '1h' } };
    const rules = await against(easier);
    const seen: number[] = [];
    const run = async (fromMs: number, linesPerPiece: number) =>
      await runBacktest(
        { ...deps, history: new PostgresRecordedHistory(database.api, linesPerPiece) },
        { tenantId: TENANT, stretch: { fromMs, toMs: END_MS }, rules },
        { done: (done) => seen.push(done) },
      );
    for (const fromMs of [START_MS, START_MS + 2 * DAY]) {
      const whole = await run(fromMs, 10_000);
      const cut = await run(fromMs, 7);
      for (const part of ['ends', 'outcomes', 'others', 'people', 'signals', 'asRecorded', 'notReplayable'] as const)
        expect({ part, counted: cut[part] }).toEqual({ part, counted: whole[part] });
      // Those that the test before reported.
      if (fromMs === START_MS) expect([...whole.outcomes.keys()]).toContain('accepted');
      expect(seen.at(-1)).toBe(await deps.history.lineCount(TENANT));
    }
  });

  test('of a playbook that is not there yet, and with every line read in pieces', async () => {
    const fresh = { ...LARGE, id: 'fresh', when: undefined, triggers: [{ event_type: 'pr_opened' }] };
    const { documents, rules } = await live();
    const playbooks = [
      ...documents.playbooks,
      { playbookId: 'fresh', version: 1, document: JSON.parse(JSON.stringify(fresh)) },
    ];
    const compared = { playbookId: 'fresh', live: rules, next: deps.compile({ ...documents, playbooks })! };
    const inPieces = { ...deps, history: new PostgresRecordedHistory(database.api, 7) };
    const tally = await runBacktest(inPieces, { tenantId: TENANT, stretch, rules: compared });
    expect(tally.asRecorded).toBe(all);
    for (const { live: before } of tally.ends.values()) expect(before).toBe(0);
    expect([...tally.ends.values()].find(({ reason }) => reason === 'sent')?.next).toBeGreaterThan(0);
  });
});

test('the rules at a moment are those that were in force then, also after a rollback', async () => {
  const definitions = new Definitions(database);
  const before = await deps.history.rules(TENANT);
  expect(rulesInForce(before, 0)).toBeNull();
  const changed = { ...LARGE, when: 'signal.payload.files_changed >= 99' };
  const { version } = await definitions.importPlaybook(TENANT, 'large', changed, 'test');
  await definitions.publishPlaybook(TENANT, 'large', version, 'test');
  const after = await deps.history.rules(TENANT);
  const publishedAt = after.publications.at(-1)!.atMs;
  const versionAt = (ms: number): unknown => {
    const found = rulesInForce(after, ms);
    return found?.documents.playbooks.find(({ playbookId }) => playbookId === 'large')?.version;
  };
  expect([versionAt(publishedAt - 1), versionAt(publishedAt)]).toEqual([1, version]);
  // A decision names what it read: today's rules do not reach back to it.
  const decided = signals.findLast(
    ({ signal }) => signal.event_type === 'commit_pushed' && signal.actor_id !== null && signal.actor_type === 'human',
  )!;
  const found = await explainRecorded(deps, TENANT, decided.signal.signal_id);
  expect(found).toMatchObject({ reproduced: true, notes: [] });
});
