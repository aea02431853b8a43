import FoundationEssentials

/// A secret of the Standard Webhooks scheme, with which the webhooks that we send are signed.
///
/// It begins with `whsec_` as ``EndpointSecret`` does, and that is all they share: here the rest is base64, and the key
/// is what it decodes to. Only libcrypto keeps it, so there is nothing here that could be printed.
package struct StandardWebhooksSecret: Sendable {
    private let key: HMACKey

    package static let prefix = "whsec_"
    /// What the scheme says a key has to be long, in bytes.
    package static let keyLengths = 24...64

    /// Takes `whsec_` and the base64 of 24 to 64 bytes, with or without padding; anything else is nil.
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
