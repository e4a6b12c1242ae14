-- What the journal says of a tenant's surroundings (incidents, failed releases): facts of such an entry begin with member x, and only of such
-- (commit-encoding.ts). They are few, so the index costs the other rows a look at their first characters. A text comparison, not a JSON operator: those
-- refuse \u0000 and half surrogates, and one such branch name would stop a partition. Entries of earlier releases have no x: an incident that is
-- open while this is applied is known from its next event on.
CREATE INDEX mmm_journal_context ON mmm_journal (tenant_id, at_ms) WHERE facts::text LIKE '{"x":%';
