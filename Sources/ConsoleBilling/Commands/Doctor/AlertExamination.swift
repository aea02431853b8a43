import Web

/// Checks the settings for alerts.
enum AlertExamination {
    static func findings(_ configuration: ServiceConfiguration) -> [Finding] {
        guard let alerts = configuration.alerts else {
            return [
                .skipped(
                    "alerts",
                    "ALERT_WEBHOOK_URL is not set: nobody is told of quarantined events, drift, "
                        + "silence or payments at risk."
                )
            ]
        }
        let signed = alerts.secrets.count == 1 ? "one secret" : "\(alerts.secrets.count) secrets"
        let receiver = Finding.good(
            "alerts",
            "Alerts go to \(alerts.shownAddress), signed with \(signed). `console-billing alerts test` shows whether "
                + "they arrive."
        )
        return [receiver, silence(alerts, canAskStripe: configuration.stripeKey?.isOrganization == false)]
    }

    private static func silence(_ alerts: AlertConfiguration, canAskStripe: Bool) -> Finding {
        let name = "alerts.silence"
        guard alerts.silenceAfterSeconds > 0 else {
            return .skipped(name, "SILENCE_AFTER is 0: nobody is told when Stripe's webhooks stop coming.")
        }
        guard canAskStripe else {
            return .advice(
                name,
                "Without the STRIPE_SECRET_KEY of an account Stripe cannot be asked whether it has events for us: silence "
                    + "cannot be told from a quiet day, and is not. Set it, or SILENCE_AFTER to 0."
            )
        }
        return .good(
            name,
            "After \(alerts.silenceAfterSeconds) s without a webhook Stripe is asked whether it has any."
        )
    }
}
