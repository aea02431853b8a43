import Foundation
import JSON

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The secrets that `serve --dev` generates, stored beside its database for other commands and the next
/// start.
struct DevelopmentCredentials {
    static let defaultPath = "data/dev-credentials.json"

    var url: String
    let webhookSecret: String
    let apiKey: String
    let linkSigningSecret: String

    /// Reads the file, and requires that only this user can write or read it.
    ///
    /// An attacker who places the file would know the service's API key, and choose where other commands send
    /// their keys.
    ///
    /// - Returns: `nil` if the file is missing or has another format.
    /// - Throws: ``ConfigurationError`` for a link, another user's file, or one that others may read or write.
    static func load(
        _ path: String = defaultPath,
        user: uid_t = geteuid()
    ) throws(ConfigurationError) -> DevelopmentCredentials? {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if [ENOENT, ENOTDIR].contains(errno) { return nil }
            throw notTrusted(path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == user,
            status.st_mode & 0o077 == 0, status.st_nlink == 1
        else { throw notTrusted(path) }
        let data = try? FileHandle(fileDescriptor: file, closeOnDealloc: false).read(upToCount: 1 << 16)
        return data.flatMap { try? DevelopmentCredentials(json: Array($0)) }
    }

    /// Refuses a folder in which another user could have put the file, or the database.
    ///
    /// - Throws: ``ConfigurationError``, also for a folder that others may write to.
    static func requireOwnFolder(
        of path: String = defaultPath,
        user: uid_t = geteuid()
    ) throws(ConfigurationError) {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        var status = stat()
        guard stat(folder, &status) == 0 else { return }
        guard status.st_uid == user, status.st_mode & 0o022 == 0 else {
            throw ConfigurationError(
                "the folder \(printable(folder)) is another user's, or others may write to it, so that another could have put "
                    + "the credentials and the database there. Start `console-billing serve --dev` where you have a folder "
                    + "`data` of your own (mode 755 or less)."
            )
        }
    }

    private static func notTrusted(_ path: String) -> ConfigurationError {
        ConfigurationError(
            "the credentials file \(printable(path)) is not this user's alone (mode 600, no link), so that another could "
                + "have written it. Delete it, and start `console-billing serve --dev` again."
        )
    }

    static func make(url: String) -> DevelopmentCredentials {
        DevelopmentCredentials(
            url: url,
            webhookSecret: "whsec_" + randomHex(bytes: 32),
            apiKey: "cbk_" + randomHex(bytes: 32),
            linkSigningSecret: randomHex(bytes: 32)
        )
    }

    func save(_ path: String = defaultPath) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: Data(JSONWriter.text(inOrder: self, isIndented: true).utf8),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw CocoaError(.fileWriteUnknown) }
    }

    private static func randomHex(bytes: Int) -> String {
        (0..<bytes).map { _ in String(format: "%02x", UInt8.random(in: .min ... .max)) }.joined()
    }
}

extension DevelopmentCredentials: JSONObject, JSONDecodable {
    init(_ json: JSONValue) throws(JSONFieldError) {
        url = try json.decode("url")
        webhookSecret = try json.decode("webhook_secret")
        apiKey = try json.decode("api_key")
        linkSigningSecret = try json.decode("link_signing_secret")
    }

    func write(to json: inout JSONWriter) {
        json.member("api_key", apiKey)
        json.member("link_signing_secret", linkSigningSecret)
        json.member("url", url)
        json.member("webhook_secret", webhookSecret)
    }
}
