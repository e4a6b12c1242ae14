-- Arguments: append-arguments.ts.
SELECT mmm_log_append($1, $2, $3, $4, $5, $6, $7, $8)
