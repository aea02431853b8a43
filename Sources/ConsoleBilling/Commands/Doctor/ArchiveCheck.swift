import BackgroundJobs

/// Checks the folder to which event bodies go before they are deleted.
enum ArchiveCheck {
    static func results(_ archive: EventArchive?) -> [CheckResult] {
        guard let archive else { return [] }
        do throws(EventArchive.Fault) {
            try archive.examine()
            return [.good("archive", "\(archive.folder) can be written to.")]
        } catch {
            return [
                .bad(
                    "archive",
                    "\(error). Make the folder, writable for this user, or set EVENT_ARCHIVE to another."
                )
            ]
        }
    }
}
