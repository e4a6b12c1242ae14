-- Arguments: postgres-outcomes.ts, in the order of migrations/0006_outcomes.sql.
SELECT mmm_commit_outcome($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) AS committed
