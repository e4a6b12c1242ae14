import { flipWhen, type Gate, pass, veto } from './gate.ts';

/** Has the tenant this type, and a surface for it, switched on? Absent lists are all, empty lists none (C-24, D-34). */
export const actionType: Gate = ({ decision, compiled, surfaces }) => {
  const { type } = compiled.action;
  const { policy, signal } = decision;
  const planned = compiled.action.surfaces.join(' ');
  if (!(policy.enabledActionTypes?.includes(type) ?? true)) {
    return veto(
      'action_type',
      'action_type_disabled',
      { action_type: type, enabled: policy.enabledActionTypes?.join(' ') ?? null },
      flipWhen(`${type} in enabled_action_types`),
    );
  }
  switch (surfaces.emptiedBy) {
    case 'relevance':
      return veto('action_type', 'surface_not_relevant', {
        surfaces: planned,
        severity: signal.severity,
        action_type: type,
      });
    case 'hint':
      return veto('action_type', 'surface_not_asked', { surfaces: planned, asked: signal.surface_hint });
    case 'tenant':
      return veto(
        'action_type',
        'surface_disabled',
        { surfaces: planned, enabled: policy.enabledSurfaces?.join(' ') ?? null },
        flipWhen('one of them in enabled_surfaces'),
      );
    case 'preference':
    case null:
      return pass('action_type');
  }
};
