package import Billing
package import JSON

/// The active secrets, for operators, in the API and in the terminal.
package struct SecretListing: JSONObject, JSONDecodable, Sendable {
    /// The result of the last attempt to load the secrets.
    package struct Reading: JSONObject, JSONDecodable, Sendable {
        package let at: Instant
        package let successful: Bool
        package let problems: [String]
        /// The time of the last successful load.
        let taken_at: Instant

        init(_ reading: SecretStore.Reading) {
            at = reading.at
            successful = reading.isSuccessful
            problems = reading.problems
            taken_at = reading.takenAt
        }

        package init(_ json: JSONValue) throws(JSONFieldError) {
            at = try json.decode("at")
            successful = try json.decode("successful")
            problems = try json.decode("problems")
            taken_at = try json.decode("taken_at")
        }

        package func write(to json: inout JSONWriter) {
            json.member("at", at)
            json.member("problems", problems)
            json.member("successful", successful)
            json.member("taken_at", taken_at)
        }
    }

    package struct Secret: JSONObject, JSONDecodable, Sendable {
        package let object: String
        package let kind: String
        package let setting: String
        package let position: Int
        package let name: String?
        package let fingerprint: String
        package let in_force_since: Instant
        package let last_used_at: Instant?
        package let uses: Int
        /// The number of signatures; only for link secrets, because other secrets do not sign.
        package let signatures: Int?

        init(_ secret: ActiveSecret) {
            object = "secret"
            kind = secret.kind.rawValue
            setting = secret.kind.setting
            position = secret.position
            name = secret.name
            fingerprint = secret.fingerprint
            in_force_since = secret.since
            last_used_at = secret.use.lastUsedAt
            uses = secret.use.count
            signatures = secret.kind == .link ? secret.use.signatureCount : nil
        }

        package init(_ json: JSONValue) throws(JSONFieldError) {
            object = try json.decode("object")
            kind = try json.decode("kind")
            setting = try json.decode("setting")
            position = try json.decode("position")
            name = try json.decodeIfPresent("name")
            fingerprint = try json.decode("fingerprint")
            in_force_since = try json.decode("in_force_since")
            last_used_at = try json.decodeIfPresent("last_used_at")
            uses = try json.decode("uses")
            signatures = try json.decodeIfPresent("signatures")
        }

        package func write(to json: inout JSONWriter) {
            json.member("fingerprint", fingerprint)
            json.member("in_force_since", in_force_since)
            json.member("kind", kind)
            json.member("last_used_at", last_used_at)
            json.member("name", name)
            json.member("object", object)
            json.member("position", position)
            json.member("setting", setting)
            json.member("signatures", signatures)
            json.member("uses", uses)
        }
    }

    package let object: String
    package let url: String
    let has_more: Bool
    /// The start of this process, from which uses are counted.
    package let counted_since: Instant
    package let last_reading: Reading
    package let data: [Secret]

    init(_ secrets: SecretStore) {
        object = "list"
        url = "/v1/secrets"
        has_more = false
        counted_since = secrets.startedAt
        last_reading = Reading(secrets.lastReading)
        data = secrets.active.list.map(Secret.init)
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        object = try json.decode("object")
        url = try json.decode("url")
        has_more = try json.decode("has_more")
        counted_since = try json.decode("counted_since")
        last_reading = try json.decode("last_reading")
        data = try json.decode("data")
    }

    package func write(to json: inout JSONWriter) {
        json.member("counted_since", counted_since)
        json.member("data", data)
        json.member("has_more", has_more)
        json.member("last_reading", last_reading)
        json.member("object", object)
        json.member("url", url)
    }
}
