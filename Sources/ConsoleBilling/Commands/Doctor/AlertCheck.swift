import Web

/// Checks the settings for alerts.
enum AlertCheck {
    static func results(_ configuration: ServiceConfiguration) -> [CheckResult] {
        guard let alerts = configuration.alerts else {
            return [
                .skipped(
                    "alerts",
                    "ALERT_WEBHOOK_URL is not set: no alert is sent about quarantined events, "
                        + "drift, missing webhooks or payments at risk."
                )
            ]
        }
        let signed = alerts.secrets.count == 1 ? "one secret" : "\(alerts.secrets.count) secrets"
        let receiver = CheckResult.good(
            "alerts",
            "Alerts go to \(alerts.shownAddress), signed with \(signed). `console-billing alerts test` shows whether "
                + "they arrive."
        )
        return [receiver, silence(alerts, canAskStripe: configuration.stripeKey?.isOrganization == false)]
    }

    private static func silence(_ alerts: AlertConfiguration, canAskStripe: Bool) -> CheckResult {
        let name = "alerts.silence"
        guard alerts.silenceAfterSeconds > 0 else {
            return .skipped(name, "SILENCE_AFTER is 0: no alert is sent when Stripe's webhooks stop coming.")
        }
        guard canAskStripe else {
            return .advice(
                name,
                "Without the STRIPE_SECRET_KEY of an account the service cannot ask Stripe for events that it did not "
                    + "receive, so it does not detect missing webhooks. Set it, or SILENCE_AFTER to 0."
            )
        }
        return .good(
            name,
            "After \(alerts.silenceAfterSeconds) s without a webhook Stripe is asked whether it has any."
        )
    }
}
