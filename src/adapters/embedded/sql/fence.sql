-- $1 fence name. Waits for a publication of the earlier owner: it holds this row until its commit.
INSERT INTO mmm_log_fences AS f (name, fence) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET fence = f.fence + 1 RETURNING fence
