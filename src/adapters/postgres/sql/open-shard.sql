-- $1 shard. Waits for a commit of an earlier session that holds the row; its next commit then finds another epoch.
INSERT INTO mmm_shards AS s (shard, epoch, next_number, published_upto, timeline) VALUES ($1, 1, 1, -1, mmm_timeline())
ON CONFLICT (shard) DO UPDATE SET epoch = s.epoch + 1
RETURNING epoch, next_number, published_upto
