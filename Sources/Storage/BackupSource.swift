/// A store that can write a consistent copy of itself while it is in use.
package protocol BackupSource: Sendable {
    /// Writes a copy of the store's state at one moment, without blocking writers.
    ///
    /// - Parameter path: A file that does not exist yet; it is synced when this returns.
    /// - Throws: ``StoreError``; no complete file remains then.
    func writeBackup(to path: String) async throws(StoreError)

    /// A path for a temporary copy, on the store's file system.
    var temporaryBackupPath: String { get }
}
