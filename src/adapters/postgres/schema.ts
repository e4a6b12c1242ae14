import { bigint, boolean, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** Tables that everyday queries use, as migrations/ makes them (a test compares). The hot path has its statements in sql/. */
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

export const actors = pgTable('mmm_actors', {
  tenantId: text('tenant_id').notNull(),
  actorId: text('actor_id').notNull(),
  version: integer('version').notNull(),
  head: text('head').notNull(),
  profile: jsonb('profile'),
});

export const decisions = pgTable('mmm_decisions', {
  tenantId: text('tenant_id').notNull(),
  decisionId: text('decision_id').notNull(),
  signalId: text('signal_id').notNull(),
  actorId: text('actor_id').notNull(),
  decidedAt: moment('decided_at').notNull(),
  createdAt: moment('created_at').notNull(),
  body: text('body').notNull(),
  trace: text('trace').notNull(),
  read: text('read').notNull(),
  receiptId: text('receipt_id').notNull(),
  receipt: text('receipt').notNull(),
  legalHold: boolean('legal_hold').notNull(),
});

export const outcomes = pgTable('mmm_outcomes', {
  tenantId: text('tenant_id').notNull(),
  outcomeId: text('outcome_id').notNull(),
  actorId: text('actor_id').notNull(),
  decisionId: text('decision_id').notNull(),
  actionId: text('action_id').notNull(),
  result: text('result').notNull(),
  reason: text('reason'),
  occurredAt: moment('occurred_at').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  legalHold: boolean('legal_hold').notNull().default(false),
  receiptId: text('receipt_id'),
  receipt: text('receipt'),
});

export const playbooks = pgTable('mmm_playbooks', {
  tenantId: text('tenant_id').notNull(),
  playbookId: text('playbook_id').notNull(),
  version: integer('version').notNull(),
  status: text('status', { enum: ['draft', 'published', 'deprecated', 'shadow'] }).notNull(),
  document: jsonb('document').notNull(),
  digest: text('digest').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  publishedAt: moment('published_at'),
});

export const tenantPolicies = pgTable('mmm_tenant_policies', {
  tenantId: text('tenant_id').notNull(),
  version: integer('version').notNull(),
  document: jsonb('document').notNull(),
  digest: text('digest').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
});

export const experiments = pgTable('mmm_experiments', {
  tenantId: text('tenant_id').notNull(),
  experimentId: text('experiment_id').notNull(),
  name: text('name').notNull(),
  status: text('status', { enum: ['draft', 'active', 'hold', 'inactive'] }).notNull(),
  config: jsonb('config').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
  countsSince: moment('counts_since').notNull().defaultNow(),
});

export const audit = pgTable('mmm_audit', {
  tenantId: text('tenant_id').notNull(),
  auditId: bigint('audit_id', { mode: 'bigint' }).generatedAlwaysAsIdentity().notNull(),
  at: moment('at').notNull().defaultNow(),
  who: text('who').notNull(),
  what: text('what').notNull(),
  subject: text('subject').notNull(),
  details: jsonb('details').notNull(),
});

export const settings = pgTable('mmm_settings', {
  name: text('name').primaryKey(),
  value: jsonb('value').notNull(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
});
