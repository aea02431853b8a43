import Database
import PostgresClient

/// Checks that a server loses no acknowledged event.
///
/// This runs on every new connection, because after a failover a different server answers.
enum ServerCheck {
    static let oldestVersion = 130_000

    static func examine(_ connection: PostgresConnection) throws(PostgresFailure) {
        guard connection.serverVersion >= oldestVersion else {
            throw .unfit(PostgresStartError.tooOld(version: connection.serverVersion))
        }
        let current = Query(
            """
            SELECT current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
                current_setting('full_page_writes') AS full_page_writes,
                current_setting('synchronous_commit') AS synchronous_commit,
                current_setting('synchronous_standby_names') AS standbys
            """
        ) { row in
            Settings(
                encoding: try row.text("encoding"),
                fsync: try row.text("fsync"),
                fullPageWrites: try row.text("full_page_writes"),
                synchronousCommit: try row.text("synchronous_commit"),
                standbys: try row.text("standbys")
            )
        }
        guard let settings = try connection.row(current) else { throw .unexpected }
        if let fault = settings.fault { throw .unfit(fault) }
    }

    struct Settings: Sendable {
        var encoding = "UTF8"
        var fsync = "on"
        var fullPageWrites = "on"
        var synchronousCommit = "on"
        var standbys = ""

        var fault: PostgresStartError? {
            guard encoding == "UTF8" else { return .notUTF8(encoding: encoding) }
            guard fsync == "on" else { return .notDurable(setting: "fsync", value: fsync, wanted: "on") }
            guard fullPageWrites == "on" else {
                return .notDurable(setting: "full_page_writes", value: fullPageWrites, wanted: "on")
            }
            // If a standby may take over, `local` is too weak: a commit that only this server has is lost
            // with the server.
            let weak = standbys.isEmpty ? ["off"] : ["off", "local"]
            guard !weak.contains(synchronousCommit) else {
                return .notDurable(setting: "synchronous_commit", value: synchronousCommit, wanted: "on")
            }
            return nil
        }
    }
}
