import Billing
import CoreMetrics
import HTTPClient
package import Logging
package import Storage

/// Sends the stored alerts to the operators' receiver, until it accepts them.
package struct AlertWorker: JobWorker {
    private let sender: AlertSender
    private let runtime: JobRunner.Runtime
    private let logger: Logger

    package let kinds = [Job.Kind.alert]
    /// Longer than one attempt takes: 15 seconds at most.
    package let leaseSeconds: Int64 = 20
    package let longestWait = AlertDelivery.longestWait

    /// - Parameters:
    ///   - sender: Sends the alerts.
    ///   - runtime: Clock and randomness.
    ///   - logger: Gets a line for every attempt, without the alert's body.
    package init(sender: AlertSender, runtime: JobRunner.Runtime, logger: Logger) {
        self.sender = sender
        self.runtime = runtime
        self.logger = logger
    }

    package func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome {
        let job = execution.job
        guard let alert = job.alert else {
            let due = runtime.now().adding(seconds: leaseSeconds)
            return .retry(at: due, reason: "only a later version of console-billing can read it")
        }
        let answer: Result<TransportResponse, TransportError>
        do throws(TransportError) {
            answer = .success(try await sender.send(alert, now: runtime.now()))
        } catch {
            answer = .failure(error)
        }
        let now = runtime.now()
        let delivery = AlertDelivery(
            answer,
            attempt: job.attempts,
            now: now.unixSeconds,
            random: runtime.random()
        )
        note(delivery, of: alert, attempt: job.attempts)
        switch delivery {
        case .delivered, .gone: return .removed
        case .retry(let seconds, let reason): return .retry(at: now.adding(seconds: seconds), reason: reason)
        case .interrupted: throw .stopped
        }
    }

    private func note(_ delivery: AlertDelivery, of alert: Alert, attempt: Int) {
        var metadata: Logger.Metadata = [
            "alert": "\(alert.id)", "type": "\(alert.kind.rawValue)", "attempt": "\(attempt)",
        ]
        let result: String
        switch delivery {
        case .delivered:
            result = "delivered"
            logger.info("alert sent", metadata: metadata)
        case .gone:
            result = "gone"
            logger.error(
                "alert dropped: the receiver answered 410. Set ALERT_WEBHOOK_URL to another receiver",
                metadata: metadata
            )
        case .retry(let seconds, let reason):
            result = "failed"
            metadata["seconds"] = "\(seconds)"
            metadata["reason"] = "\(reason)"
            logger.warning("alert not sent", metadata: metadata)
        case .interrupted: return
        }
        Counter(
            label: "console_billing_alerts_sent_total",
            dimensions: [("type", alert.kind.rawValue), ("result", result)]
        ).increment()
    }
}
