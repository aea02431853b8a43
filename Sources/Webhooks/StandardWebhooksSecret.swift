import FoundationEssentials

/// A secret of the Standard Webhooks scheme, which signs the webhooks that we send.
///
/// It begins with `whsec_` like an ``EndpointSecret``, but the rest is the base64 of the key. Only libcrypto
/// keeps the key, so it cannot be printed.
package struct StandardWebhooksSecret: Sendable {
    private let key: HMACKey

    package static let prefix = "whsec_"
    /// The key lengths that the scheme allows, in bytes.
    static let keyLengths = 24...64

    /// Parses `whsec_` and the base64 of 24 to 64 bytes, with or without padding; nil for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let encoded = text.dropFirst(Self.prefix.count)
        let padding = encoded.contains("=") ? 0 : (4 - encoded.utf8.count % 4) % 4
        guard let bytes = Data(base64Encoded: encoded + String(repeating: "=", count: padding)),
            Self.keyLengths.contains(bytes.count)
        else { return nil }
        key = HMACKey(Array(bytes))
    }

    /// `v1,` and the base64 of the signature.
    func signature(prefix: String, over body: [UInt8]) -> String {
        "v1,\(key.code(prefix: prefix, over: body).base64)"
    }
}

extension StandardWebhooksSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "whsec_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
