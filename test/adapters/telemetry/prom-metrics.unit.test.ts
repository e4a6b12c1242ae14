import { describe, expect, test } from '@jest/globals';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';

describe('metrics', () => {
  test('no tenant is named unless the operator asks for it (D-19 customer list in the metrics)', async () => {
    for (const tenantLabel of [false, true]) {
      const metrics = new PromMetrics({ tenantLabel });
      metrics.count('mmm_decisions_total', { tenant_id: 'a-customer', actor_type: 'human' });
      const text = await metrics.registry.metrics();
      expect(text.includes('a-customer')).toBe(tenantLabel);
      expect(text).toMatch(/mmm_decisions_total\{[^}]*actor_type="human"[^}]*\} 1/);
    }
  });

  test('a name that is not in the list is a fault of the caller', () => {
    expect(() => new PromMetrics({ tenantLabel: false }).count('mmm_made_up_total')).toThrow(TypeError);
  });
});
