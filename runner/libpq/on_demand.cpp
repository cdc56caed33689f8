// SPDX-License-Identifier: Apache-2.0
//
// The functions of libpq that SOCI's PostgreSQL backend calls, looked up in libpq when the first of them is called.
// Linked in its place: a program that keeps its store in SQLite neither needs libpq nor waits for the libraries that
// it brings. Whoever calls them sees libpq's header and knows nothing of this. Any thread.
// Where libpq is not to be had, no connection can be made, and its error says so.
#include "runner/on_demand.hpp"

#include <libpq-fe.h>

namespace {

char missing[] = "libpq can't be loaded: install Debian's libpq5";
char nothing[] = "";

const latchkey::library_on_demand& library() {
    static const latchkey::library_on_demand loaded("libpq.so.5");
    return loaded;
}

template <class Function>
Function* look_up(const char* name) {
    return library().look_up<Function>(name);
}

}  // namespace

extern "C" {

PGconn* PQconnectdb(const char* told) {
    static auto* const real = look_up<decltype(PQconnectdb)>("PQconnectdb");
    return real == nullptr ? nullptr : real(told);
}

void PQfinish(PGconn* connection) {
    static auto* const real = look_up<decltype(PQfinish)>("PQfinish");
    if (real != nullptr) real(connection);
}

ConnStatusType PQstatus(const PGconn* connection) {
    static auto* const real = look_up<decltype(PQstatus)>("PQstatus");
    return real == nullptr ? CONNECTION_BAD : real(connection);
}

char* PQerrorMessage(const PGconn* connection) {
    static auto* const real = look_up<decltype(PQerrorMessage)>("PQerrorMessage");
    return real == nullptr ? missing : real(connection);
}

int PQserverVersion(const PGconn* connection) {
    static auto* const real = look_up<decltype(PQserverVersion)>("PQserverVersion");
    return real == nullptr ? 0 : real(connection);
}

PGresult* PQexec(PGconn* connection, const char* sql) {
    static auto* const real = look_up<decltype(PQexec)>("PQexec");
    return real == nullptr ? nullptr : real(connection, sql);
}

PGresult* PQexecParams(PGconn* connection, const char* sql, int count, const Oid* types, const char* const* values,
                       const int* lengths, const int* formats, int result_format) {
    static auto* const real = look_up<decltype(PQexecParams)>("PQexecParams");
    return real == nullptr ? nullptr : real(connection, sql, count, types, values, lengths, formats, result_format);
}

PGresult* PQprepare(PGconn* connection, const char* name, const char* sql, int count, const Oid* types) {
    static auto* const real = look_up<decltype(PQprepare)>("PQprepare");
    return real == nullptr ? nullptr : real(connection, name, sql, count, types);
}

PGresult* PQexecPrepared(PGconn* connection, const char* name, int count, const char* const* values,
                         const int* lengths, const int* formats, int result_format) {
    static auto* const real = look_up<decltype(PQexecPrepared)>("PQexecPrepared");
    return real == nullptr ? nullptr : real(connection, name, count, values, lengths, formats, result_format);
}

int PQsendQuery(PGconn* connection, const char* sql) {
    static auto* const real = look_up<decltype(PQsendQuery)>("PQsendQuery");
    return real == nullptr ? 0 : real(connection, sql);
}

int PQsendQueryParams(PGconn* connection, const char* sql, int count, const Oid* types, const char* const* values,
                      const int* lengths, const int* formats, int result_format) {
    static auto* const real = look_up<decltype(PQsendQueryParams)>("PQsendQueryParams");
    return real == nullptr ? 0 : real(connection, sql, count, types, values, lengths, formats, result_format);
}

int PQsendPrepare(PGconn* connection, const char* name, const char* sql, int count, const Oid* types) {
    static auto* const real = look_up<decltype(PQsendPrepare)>("PQsendPrepare");
    return real == nullptr ? 0 : real(connection, name, sql, count, types);
}

int PQsendQueryPrepared(PGconn* connection, const char* name, int count, const char* const* values,
                        const int* lengths, const int* formats, int result_format) {
    static auto* const real = look_up<decltype(PQsendQueryPrepared)>("PQsendQueryPrepared");
    return real == nullptr ? 0 : real(connection, name, count, values, lengths, formats, result_format);
}

int PQsetSingleRowMode(PGconn* connection) {
    static auto* const real = look_up<decltype(PQsetSingleRowMode)>("PQsetSingleRowMode");
    return real == nullptr ? 0 : real(connection);
}

PGresult* PQgetResult(PGconn* connection) {
    static auto* const real = look_up<decltype(PQgetResult)>("PQgetResult");
    return real == nullptr ? nullptr : real(connection);
}

ExecStatusType PQresultStatus(const PGresult* answer) {
    static auto* const real = look_up<decltype(PQresultStatus)>("PQresultStatus");
    return real == nullptr ? PGRES_FATAL_ERROR : real(answer);
}

char* PQresultErrorMessage(const PGresult* answer) {
    static auto* const real = look_up<decltype(PQresultErrorMessage)>("PQresultErrorMessage");
    return real == nullptr ? missing : real(answer);
}

char* PQresultErrorField(const PGresult* answer, int field) {
    static auto* const real = look_up<decltype(PQresultErrorField)>("PQresultErrorField");
    return real == nullptr ? nullptr : real(answer, field);
}

int PQntuples(const PGresult* answer) {
    static auto* const real = look_up<decltype(PQntuples)>("PQntuples");
    return real == nullptr ? 0 : real(answer);
}

int PQnfields(const PGresult* answer) {
    static auto* const real = look_up<decltype(PQnfields)>("PQnfields");
    return real == nullptr ? 0 : real(answer);
}

char* PQfname(const PGresult* answer, int column) {
    static auto* const real = look_up<decltype(PQfname)>("PQfname");
    return real == nullptr ? nullptr : real(answer, column);
}

int PQfformat(const PGresult* answer, int column) {
    static auto* const real = look_up<decltype(PQfformat)>("PQfformat");
    return real == nullptr ? 0 : real(answer, column);
}

Oid PQftype(const PGresult* answer, int column) {
    static auto* const real = look_up<decltype(PQftype)>("PQftype");
    return real == nullptr ? InvalidOid : real(answer, column);
}

int PQfsize(const PGresult* answer, int column) {
    static auto* const real = look_up<decltype(PQfsize)>("PQfsize");
    return real == nullptr ? 0 : real(answer, column);
}

char* PQcmdTuples(PGresult* answer) {
    static auto* const real = look_up<decltype(PQcmdTuples)>("PQcmdTuples");
    return real == nullptr ? nothing : real(answer);
}

char* PQgetvalue(const PGresult* answer, int row, int column) {
    static auto* const real = look_up<decltype(PQgetvalue)>("PQgetvalue");
    return real == nullptr ? nothing : real(answer, row, column);
}

int PQgetisnull(const PGresult* answer, int row, int column) {
    static auto* const real = look_up<decltype(PQgetisnull)>("PQgetisnull");
    return real == nullptr ? 1 : real(answer, row, column);
}

void PQclear(PGresult* answer) {
    static auto* const real = look_up<decltype(PQclear)>("PQclear");
    if (real != nullptr) real(answer);
}

int lo_open(PGconn* connection, Oid object, int mode) {
    static auto* const real = look_up<decltype(lo_open)>("lo_open");
    return real == nullptr ? -1 : real(connection, object, mode);
}

int lo_close(PGconn* connection, int descriptor) {
    static auto* const real = look_up<decltype(lo_close)>("lo_close");
    return real == nullptr ? -1 : real(connection, descriptor);
}

int lo_read(PGconn* connection, int descriptor, char* into, size_t length) {
    static auto* const real = look_up<decltype(lo_read)>("lo_read");
    return real == nullptr ? -1 : real(connection, descriptor, into, length);
}

int lo_write(PGconn* connection, int descriptor, const char* from, size_t length) {
    static auto* const real = look_up<decltype(lo_write)>("lo_write");
    return real == nullptr ? -1 : real(connection, descriptor, from, length);
}

int lo_lseek(PGconn* connection, int descriptor, int offset, int whence) {
    static auto* const real = look_up<decltype(lo_lseek)>("lo_lseek");
    return real == nullptr ? -1 : real(connection, descriptor, offset, whence);
}

}  // extern "C"
