import { expect, test } from '@jest/globals';
import { anItem, HOUR, NOW, person, ReplayWorld } from '../run/replay-world.ts';

const planned = async (): Promise<{ world: ReplayWorld; planId: string }> => {
  const world = new ReplayWorld();
  world.items = [anItem(1)];
  return { world, planId: await world.plan() };
};

test('only an mmm_admin plans, and only another mmm_admin of the same tenant approves', async () => {
  const { world, planId } = await planned();
  await expect(world.plan(person('eve', { roles: ['tenant_admin', 'mmm_service'] }))).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  await expect(world.approve(planId, person('ann'))).rejects.toMatchObject({ code: 'REPLAY_SAME_PERSON' });
  await expect(world.approve(planId, person('eve', { roles: [] }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(world.approve(planId, person('eve', { tenantId: 'other' }))).rejects.toMatchObject({
    code: 'RESOURCE_NOT_FOUND',
  });
  expect(await world.store.find('acme', planId)).toMatchObject({ state: 'planned', approvedBy: null });
  await world.approve(planId, person('bob'));
  expect(await world.store.find('acme', planId)).toMatchObject({ state: 'approved', approvedBy: 'bob' });
  await expect(world.approve(planId, person('carl'))).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('a plan is valid for 24 hours from its making, not from its approval', async () => {
  const { world, planId } = await planned();
  world.nowMs = NOW + 24 * HOUR - 1;
  await world.approve(planId);
  await world.run(planId);
  const late = await planned();
  late.world.nowMs = NOW + 24 * HOUR;
  await expect(late.world.approve(late.planId)).rejects.toMatchObject({ code: 'REPLAY_EXPIRED' });
});

test('what comes to nothing is not kept as a plan', async () => {
  const world = new ReplayWorld();
  expect(await world.plan()).toBe('');
  expect(await world.store.list('acme', 9)).toEqual([]);
});
