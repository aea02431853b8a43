import Foundation

/// Checks the folder of the SQLite database: access, free space, file mode.
struct FolderCheck {
    static let enoughBytes: UInt64 = 1 << 30

    let databasePath: String

    var results: [CheckResult] { [folder] + [space, privacy].compactMap(\.self) }

    /// The folder, or its nearest existing parent.
    private var existingFolder: String {
        var url = URL(filePath: databasePath).standardizedFileURL.deletingLastPathComponent()
        while url.pathComponents.count > 1, !FileManager.default.fileExists(atPath: Self.path(url)) {
            url = url.deletingLastPathComponent()
        }
        return Self.path(url)
    }

    /// Removes the trailing slash, with which a file would seem not to exist.
    private static func path(_ url: URL) -> String {
        let path = url.path(percentEncoded: false)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private var folder: CheckResult {
        guard access(existingFolder, W_OK | X_OK) == 0 else {
            return .bad(
                "database.folder",
                "\(existingFolder) cannot be written to by this user. Give it to the user that runs the service, or "
                    + "set DATABASE_URL to another place."
            )
        }
        return .good("database.folder", "\(existingFolder) can be written to.")
    }

    private var space: CheckResult? {
        var about = statvfs()
        guard statvfs(existingFolder, &about) == 0 else { return nil }
        let free = UInt64(about.f_bavail) * UInt64(about.f_frsize)
        let shown = free >> 30 > 0 ? "\(free >> 30) GiB" : "\(free >> 20) MiB"
        guard free >= Self.enoughBytes else {
            return .bad(
                "database.space",
                "Only \(shown) are free at \(existingFolder). Make room: a full disk stops the service from "
                    + "accepting events."
            )
        }
        return .good("database.space", "\(shown) are free at \(existingFolder).")
    }

    /// `nil` while the database does not exist, and for what is no file: ``DatabaseCheck`` reports that.
    private var privacy: CheckResult? {
        var about = stat()
        guard stat(databasePath, &about) == 0, about.st_mode & S_IFMT == S_IFREG else { return nil }
        guard about.st_mode & 0o077 == 0 else {
            return .bad("database.privacy", "Other users can read \(databasePath). Fix it with chmod 600.")
        }
        return .good("database.privacy", "No other user can read \(databasePath).")
    }
}
