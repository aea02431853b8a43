/// Decides when changed files are complete enough to be used.
///
/// It compares contents, because files change in different ways: Kubernetes swaps a symbolic link, others
/// write in place. A file may be half written, so a change is used only when two looks in a row find the same
/// contents.
struct FileWatch: Sendable {
    private var taken: SettingSources.Contents
    private var seen: SettingSources.Contents?

    /// Begins with the contents that the service started with.
    init(_ taken: SettingSources.Contents) { self.taken = taken }

    /// Whether the contents found now should be used.
    mutating func isDue(_ found: SettingSources.Contents) -> Bool {
        guard found != taken else {
            seen = nil
            return false
        }
        guard found == seen else {
            seen = found
            return false
        }
        take(found)
        return true
    }

    /// Marks contents as used, valid or not, until they change again.
    mutating func take(_ found: SettingSources.Contents) {
        taken = found
        seen = nil
    }
}
