import Foundation

/// The secrets that `serve --dev` makes for itself, kept beside its database so that the other commands, and the
/// next start, find them.
struct DevelopmentCredentials: Codable {
    static let defaultPath = "data/dev-credentials.json"

    var url: String
    let webhookSecret: String
    let apiKey: String
    let linkSigningSecret: String

    private enum CodingKeys: String, CodingKey {
        case url
        case webhookSecret = "webhook_secret"
        case apiKey = "api_key"
        case linkSigningSecret = "link_signing_secret"
    }

    static func load(_ path: String = defaultPath) -> DevelopmentCredentials? {
        guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 16 else { return nil }
        return try? JSONDecoder().decode(DevelopmentCredentials.self, from: data)
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: try encoder.encode(self),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw CocoaError(.fileWriteUnknown) }
    }

    private static func randomHex(bytes: Int) -> String {
        (0..<bytes).map { _ in
            let text = String(UInt8.random(in: .min ... .max), radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
