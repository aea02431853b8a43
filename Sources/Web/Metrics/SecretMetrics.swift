import PrometheusMetrics

/// The use of each secret, and whether the last reload of the secrets succeeded.
///
/// Labels are fingerprints and the names of API keys: as many as are configured, and no customer's data.
struct SecretMetrics: MetricSource {
    let secrets: CurrentSecrets

    func families() -> [MetricFamily] {
        let list = secrets.inForce.list
        let reading = secrets.lastReading
        func labels(_ secret: SecretInForce) -> [(name: String, value: String)] {
            [
                ("kind", secret.kind.rawValue), ("name", secret.name ?? ""),
                ("fingerprint", secret.fingerprint),
            ]
        }
        return [
            MetricFamily(
                .counter,
                "console_billing_secret_uses_total",
                "How often a secret verified a delivery, link or session, or let a key's holder in.",
                list.map { .init(Double($0.use.count), labels($0)) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_secret_last_used_timestamp_seconds",
                "When a secret was last of use; none for one that was not since the start.",
                list.compactMap { secret in
                    secret.use.lastUsedAt.map { .init(Double($0.unixSeconds), labels(secret)) }
                }
            ),
            MetricFamily(
                .gauge,
                "console_billing_secrets_last_read_successful",
                "Whether the secrets that were read last were taken; if not, the former ones are in force.",
                [.init(reading.isSuccessful ? 1 : 0)]
            ),
            MetricFamily(
                .gauge,
                "console_billing_secrets_last_taken_timestamp_seconds",
                "When secrets were last read and taken, the start included.",
                [.init(Double(reading.takenAt.unixSeconds))]
            ),
        ]
    }
}
