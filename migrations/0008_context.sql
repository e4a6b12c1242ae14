-- What the journal says of a tenant's surroundings (incidents, failed releases): facts of such an entry begin with member x, and only of such
-- (commit-encoding.ts). They are few, so the index costs the other rows a look at their first characters. A text comparison, not a JSON operator: those
-- refuse \u0000 and half surrogates, and one such branch name would stop a partition. Entries of earlier releases have no x: an incident that is
-- open while this is applied is known from its next event on.
CREATE INDEX mmm_journal_context ON mmm_journal (tenant_id, at_ms) WHERE facts::text LIKE '{"x":%';

-- A shadow version stands beside the published one: decided and recorded, never sent, unless an experiment makes it an arm.
ALTER TABLE mmm_playbooks DROP CONSTRAINT mmm_playbooks_status_check;
ALTER TABLE mmm_playbooks ADD CONSTRAINT mmm_playbooks_status_check CHECK (status IN ('draft', 'published', 'deprecated', 'shadow'));

-- hold: the sample ratio is off; nobody is assigned until a person has looked.
ALTER TABLE mmm_experiments DROP CONSTRAINT mmm_experiments_status_check;
ALTER TABLE mmm_experiments ADD CONSTRAINT mmm_experiments_status_check CHECK (status IN ('draft', 'active', 'hold', 'inactive'));
-- Since when assignments follow the weights as they are: those of other weights would put the ratio off.
ALTER TABLE mmm_experiments ADD COLUMN counts_since timestamptz NOT NULL DEFAULT now();
-- Two that run on one playbook could not both be followed, whatever two administrators do at once.
CREATE UNIQUE INDEX mmm_experiments_one_running ON mmm_experiments (tenant_id, (config ->> 'playbook')) WHERE status IN ('active', 'hold');
