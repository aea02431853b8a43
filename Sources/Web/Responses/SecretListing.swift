import JSON

/// The active secrets, for operators.
struct SecretListing: JSONObject {
    let secrets: SecretStore

    func write(to json: inout JSONWriter) {
        // Uses are counted from the start of this process.
        json.member("counted_since", secrets.startedAt)
        json.array("data", secrets.active.list, Self.write)
        json.member("has_more", false)
        let reading = secrets.lastReading
        json.object("last_reading") { json in
            json.member("at", reading.at)
            json.member("problems", reading.problems)
            json.member("successful", reading.isSuccessful)
            json.member("taken_at", reading.takenAt)
        }
        json.member("object", "list")
        json.member("url", "/v1/secrets")
    }

    private static func write(_ json: inout JSONWriter, _ secret: ActiveSecret) {
        json.member("fingerprint", secret.fingerprint)
        json.member("in_force_since", secret.since)
        json.member("kind", secret.kind.rawValue)
        json.member("last_used_at", secret.use.lastUsedAt)
        json.member("name", secret.name)
        json.member("object", "secret")
        json.member("position", secret.position)
        json.member("setting", secret.kind.setting)
        // Other secrets do not sign.
        json.member("signatures", secret.kind == .link ? secret.use.signatureCount : nil)
        json.member("uses", secret.use.count)
    }
}
