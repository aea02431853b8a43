import PrometheusMetrics

/// The use of each secret, and whether the last reload of the secrets succeeded.
///
/// Labels are fingerprints and the names of API keys: as many as are configured, and no customer's data.
struct SecretMetrics: MetricSource {
    let secrets: SecretStore

    func families() -> [MetricFamily] {
        let list = secrets.active.list
        let reading = secrets.lastReading
        func labels(_ secret: ActiveSecret) -> [(name: String, value: String)] {
            [
                ("kind", secret.kind.rawValue), ("name", secret.name ?? ""),
                ("fingerprint", secret.fingerprint),
            ]
        }
        return [
            MetricFamily(
                .counter,
                "console_billing_secret_uses_total",
                "How often a secret verified a delivery, link or session, or authenticated a caller.",
                list.map { .init(Double($0.use.count), labels($0)) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_secret_last_used_timestamp_seconds",
                "When a secret was last used, as Unix time; absent if it was not used since the start.",
                list.compactMap { secret in
                    secret.use.lastUsedAt.map { .init(Double($0.unixSeconds), labels(secret)) }
                }
            ),
            MetricFamily(
                .gauge,
                "console_billing_secrets_last_read_successful",
                "Whether the last reload of secrets succeeded; if not, the former secrets stay active.",
                reading.isSuccessful ? 1 : 0
            ),
            MetricFamily(
                .gauge,
                "console_billing_secrets_last_taken_timestamp_seconds",
                "When secrets were last loaded, at the start or by a reload, as Unix time.",
                Double(reading.takenAt.unixSeconds)
            ),
        ]
    }
}
