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
        let columns = EventRow.insertedColumns
        let names = columns.map(\.name).joined(separator: ", ")
        let (arrays, parameters) = Parameter.columns(events.map(EventRow.values), columns)
        return Command(
            """
            INSERT INTO events (\(names))
            SELECT \(names)
            FROM unnest(\(arrays)) WITH ORDINALITY AS e (\(names), place)
            ORDER BY place
            ON CONFLICT (id, api_version) DO NOTHING
            RETURNING id, api_version, sequence
            """,
            parameters
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
