import Billing
import PostgresClient
import Storage

/// The SQL with which events are recorded in the log.
enum EventStatements {
    /// Takes a lock that lets one replica write at a time, until its database transaction ends.
    ///
    /// Events of one payment reach several replicas within the same second. With the lock, each replica sees
    /// the others' writes, and the log's numbers increase in the order in which events become visible: a
    /// reader that continues after a number misses no event. One transaction takes all events that wait at a
    /// replica, so the lock is taken rarely. The lock is named for the table: services that share a database
    /// in separate schemas do not wait for each other.
    static let advisoryLock = Command.advisoryLock(at: "events")

    /// Inserts the new events, and returns the id, the API version and the log number of each.
    static func inserting(_ events: [IncomingEvent]) -> Command {
        Command(
            """
            INSERT INTO events
                (id, type, created, received_at, livemode, account, api_version, source, disposition, reason,
                 object_id, payload, body_removed_at, body_removed_for, body_size, essence)
            SELECT id, type, created, received_at, livemode, account, api_version, source, disposition, reason,
                object_id, payload, body_removed_at, body_removed_for, body_size, essence
            FROM unnest(
                $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bool[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bigint[], $14::text[], $15::bigint[],
                $16::bytea[])
                WITH ORDINALITY AS e (
                    id, type, created, received_at, livemode, account, api_version, source, disposition, reason,
                    object_id, payload, body_removed_at, body_removed_for, body_size, essence, place)
            ORDER BY place
            ON CONFLICT (id, api_version) DO NOTHING
            RETURNING id, api_version, sequence
            """,
            [
                .texts(events.map(\.event.id)), .texts(events.map(\.event.type)),
                .ints(events.map { $0.event.created?.unixSeconds }),
                .ints(events.map(\.receivedAt.unixSeconds)),
                .bools(events.map(\.event.livemode)), .texts(events.map(\.event.account)),
                .texts(events.map(\.event.key.apiVersion)), .texts(events.map(\.source.rawValue)),
                .texts(events.map(\.disposition.rawValue)), .texts(events.map(\.reason)),
                .texts(events.map(\.objectID)), .byteStrings(events.map(\.payload)),
                .ints(events.map { $0.removal?.at.unixSeconds }),
                .texts(events.map { $0.removal?.cause.rawValue }),
                .ints(events.map { event in event.removal.map { _ in Int64(event.size) } }),
                .byteStrings(events.map(\.extract)),
            ]
        )
    }

    /// Makes COMMIT wait until the write-ahead log is durable, even if the transaction wrote no row.
    ///
    /// A duplicate's first delivery may be committed on this server only. Before the duplicate is
    /// acknowledged, that commit must have reached the disk and the standbys; this message comes after it in
    /// the write-ahead log.
    static let waitingForTheLog = Command("SELECT pg_logical_emit_message(true, 'console-billing', '')")
}

/// The SQL with which recording an event changes the jobs.
enum FetchStatements {
    /// Deletes the questions that a later event has answered.
    static func deleting(_ keys: Set<FetchKey>) -> Command {
        Command("DELETE FROM jobs WHERE id = ANY($1)", [.texts(keys.map(\.jobID))])
    }

    /// Adds questions, unless they wait to be asked.
    static func asking(_ questions: [FetchKey: Instant]) -> Command {
        let jobs = questions.map { Job(fetching: $0, askedAt: $1) }.sorted { $0.id < $1.id }
        return Command(
            """
            INSERT INTO jobs
                (id, kind, state, due_at, attempts, request, progress, created_at, updated_at, revision)
            SELECT id, 'fetch', 'waiting', due_at, 0, request, '{}', created_at, created_at, 0
            FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) AS t (id, due_at, request, created_at)
            \(JobRow.retryingFailed)
            """,
            [
                .texts(jobs.map(\.id)), .ints(jobs.map { $0.dueAt?.unixSeconds }),
                .texts(jobs.map(\.request)), .ints(jobs.map(\.createdAt.unixSeconds)),
            ]
        )
    }
}
