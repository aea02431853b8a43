/// A store that can write a consistent copy of itself while it serves.
package protocol BackupSource: Sendable {
    /// Writes a copy of the store as it is at one moment; writers do not wait for it.
    ///
    /// - Parameter path: A file that does not exist yet; it is synced when this returns.
    /// - Throws: ``StoreError``, and no whole file is left.
    func writeBackup(to path: String) async throws(StoreError)

    /// A place for a temporary copy, on the file system of the store.
    var temporaryBackupPath: String { get }
}
