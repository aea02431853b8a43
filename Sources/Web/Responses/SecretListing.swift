package import Billing

/// The secrets in force, for operators, in the API and in the terminal.
package struct SecretListing: Codable, Sendable {
    /// The result of the last attempt to load the secrets.
    package struct Reading: Codable, Sendable {
        package let at: Instant
        package let successful: Bool
        package let problems: [String]
        /// The time of the last successful load.
        let taken_at: Instant
    }

    package struct Secret: Codable, Sendable {
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

        init(_ secret: SecretInForce) {
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
    }

    package let object: String
    package let url: String
    package let has_more: Bool
    /// The start of this process, from which uses are counted.
    package let counted_since: Instant
    package let last_reading: Reading
    package let data: [Secret]

    init(_ secrets: CurrentSecrets) {
        let reading = secrets.lastReading
        object = "list"
        url = "/v1/secrets"
        has_more = false
        counted_since = secrets.startedAt
        last_reading = Reading(
            at: reading.at,
            successful: reading.isSuccessful,
            problems: reading.problems,
            taken_at: reading.takenAt
        )
        data = secrets.inForce.list.map(Secret.init)
    }
}
