package import JSON

/// The tags that a deployment's owner groups cost by, such as `team=research`.
///
/// Keys and values are case-sensitive, and a key stands once, as on AWS
/// (<https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html>) and in FOCUS
/// (<https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec/blob/main/specification/columns/tags.md>), which also
/// demands that values are kept as they were sent. On AWS a tag does not apply to earlier days; here it names the
/// deployment, whatever the day.
package struct DeploymentTags: Hashable, Sendable {
    /// A deployment, on every chain: the tags of its owner's number.
    package struct Deployment: Hashable, Sendable, Comparable {
        package let owner: String
        package let dseq: Int64

        package init(owner: String, dseq: Int64) {
            self.owner = owner
            self.dseq = dseq
        }

        package static func < (left: Deployment, right: Deployment) -> Bool {
            (left.owner, left.dseq) < (right.owner, right.dseq)
        }
    }

    package let deployment: Deployment
    /// The values by key; empty for a deployment without tags.
    package let values: [String: String]

    package init(owner: String, dseq: Int64, values: [String: String]) {
        deployment = Deployment(owner: owner, dseq: dseq)
        self.values = values
    }

    /// The keys that most deployments have, at most twenty, by name.
    package static func commonKeys(_ tags: [DeploymentTags]) -> [String] {
        let counts = Dictionary(tags.flatMap { $0.values.keys.map { ($0, 1) } }, uniquingKeysWith: +)
        let ranked = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return ranked.prefix(20).map(\.key).sorted()
    }

    /// The value that each deployment of one owner has for a key, by dseq.
    package static func values(of key: String, in tags: [DeploymentTags]) -> [Int64: String] {
        tags.reduce(into: [:]) { $0[$1.deployment.dseq] = $1.values[key] }
    }
}

extension DeploymentTags {
    package static let maximumCount = 20

    /// Reads `{"owner","dseq","tags":{"key":"value"}}`.
    package init(_ json: JSONValue) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: ["owner", "dseq", "tags"])
        self.init(
            owner: try json.chainName("owner"),
            dseq: try json.requiredHeight("dseq"),
            values: try Self.values(try json.required("tags"))
        )
    }

    /// Reads the tags alone: an object of texts.
    package static func values(_ json: JSONValue) throws(JSONFieldError) -> [String: String] {
        guard let members = json.members, members.count == json.memberCount, members.count <= maximumCount
        else {
            throw .wrong(json, "is not an object of at most \(maximumCount) keys, each with its value")
        }
        var values: [String: String] = [:]
        for (key, value) in members {
            guard TagText.isKey(key) else {
                throw .wrong(
                    json,
                    "has a key that is not 1 to \(TagText.maximumKeyBytes) letters, digits and . _ - / : of ASCII, of "
                        + "which a letter or digit is the first"
                )
            }
            guard let text = value.string, TagText.isValue(text) else {
                throw .wrong(
                    value,
                    "is not a text of 1 to \(TagText.maximumValueLength) characters, without control characters, and "
                        + "without a space at either end"
                )
            }
            guard values.updateValue(text, forKey: key) == nil else {
                throw .wrong(json, "has the key \(key) twice")
            }
        }
        return values
    }
}

/// The texts that keys and values of tags may be.
package enum TagText {
    static let maximumKeyBytes = 64
    static let maximumValueLength = 256

    package static func isKey(_ text: String) -> Bool {
        1...maximumKeyBytes ~= text.utf8.count
            && text.utf8.first.map(isLetterOrDigit) == true
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-/:".utf8.contains($0) }
    }

    /// Whether a text has something to read, and nothing that changes how the text around it is shown.
    static func isValue(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard 1...maximumValueLength ~= scalars.count, let first = scalars.first, let last = scalars.last,
            !first.properties.isWhitespace, !last.properties.isWhitespace
        else { return false }
        return !scalars.contains(where: isHarmful)
            && scalars.contains { !$0.properties.isWhitespace && $0.properties.generalCategory != .format }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Whether a scalar is a control character, ends a line, or embeds, overrides or isolates a direction of writing
    /// (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>).
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: 0x202A...0x202E ~= scalar.value || 0x2066...0x2069 ~= scalar.value
        default: false
        }
    }
}
