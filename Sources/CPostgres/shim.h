#include <libpq-fe.h>

// PG_DIAG_SQLSTATE is a character constant, whose type Swift and C do not agree on.
static inline const char *cpostgres_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
