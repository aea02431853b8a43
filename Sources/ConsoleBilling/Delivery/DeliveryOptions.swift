import ArgumentParser
import HTTPClient
import Webhooks
import StripeAPI

/// Options for the target of events and the secret to sign with.
struct DeliveryOptions: ParsableArguments {
    @Option(
        help:
            "The service or its webhook endpoint (default: PUBLIC_URL, HOST and PORT, or the one of serve --dev)."
    )
    var to: String?

    @Option(
        help: "The endpoint secret to sign with (default: STRIPE_WEBHOOK_SECRET, or the one of serve --dev)."
    )
    var secret: String?

    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath

    @Flag(help: "Send to a host that is not this machine.")
    var allowRemote = false

    @Flag(help: "Send events of live mode.")
    var allowLive = false

    /// Sends the planned events and prints each delivery.
    ///
    /// - Throws: ``CommandFailure`` when the plan may not be sent; nothing was sent then.
    func send(
        _ plan: SendPlan,
        format: OutputFormat,
        beforeSummary: (DeliveryReport) -> Void = { _ in }
    ) async throws -> DeliveryReport {
        let environment = try CommandEnvironment(credentialsPath: credentials)
        let target = try environment.webhook(to)
        if let refusal = plan.refusal(to: target, allowsRemote: allowRemote, allowsLive: allowLive) {
            throw CommandFailure(Sysexits.usage, refusal)
        }
        let secret = try environment.webhookSecret(secret)
        let transport = try CurlTransport(
            CurlTransport.Configuration(
                maxConcurrent: plan.concurrency,
                maxConcurrentPerHost: plan.concurrency
            )
        )
        let log = DeliveryLog(target: target, format: format, total: plan.order.count)
        let sender = EventSender(transport: transport, target: target, signer: PayloadSigner(secret: secret))
        let report = await sender.deliver(plan, willSend: log.sending, didFinish: log.finished)
        await transport.shutdown()
        beforeSummary(report)
        log.close(report)
        return report
    }
}

extension ClosedRange<Int> {
    /// Refuses a number outside the range, naming the option.
    func validate(_ number: Int, option: String) throws {
        guard contains(number) else {
            throw ValidationError("\(option) takes a number from \(lowerBound) to \(upperBound).")
        }
    }
}
