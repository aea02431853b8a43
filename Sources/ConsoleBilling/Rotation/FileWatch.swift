/// Decides when files that were found changed are to be taken for what they are now.
///
/// What they hold counts, whatever way it got there: Kubernetes swaps a symbolic link, others write in place. A file that
/// is being written is not done yet, so a change is taken only when it is found the same a second time.
struct FileWatch: Sendable {
    private var taken: SettingSources.Contents
    private var seen: SettingSources.Contents?

    /// Begins with what a start took.
    init(_ taken: SettingSources.Contents) { self.taken = taken }

    /// Whether what is found now is to be taken.
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

    /// Counts what was found as taken, good or bad, until it changes again.
    mutating func take(_ found: SettingSources.Contents) {
        taken = found
        seen = nil
    }
}
