import ArgumentParser
import StripeAPI
import Scenarios

/// Counts and latencies of many deliveries.
struct DeliveryReport: Sendable {
    private(set) var sent = 0
    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var serverErrors = 0
    /// Responses that are none of these, such as redirects.
    private(set) var otherAnswers = 0
    private(set) var unanswered = 0
    private(set) var busy = 0
    private(set) var outcomes: [String: Int] = [:]
    private var microseconds: [Int64] = []
    var elapsed = Duration.zero

    mutating func add(_ delivery: Delivery) {
        sent += 1
        switch delivery.result {
        case .unanswered: unanswered += 1
        case .answered(let status, let remark, _):
            microseconds.append(delivery.duration.microseconds)
            if let remark { outcomes[remark, default: 0] += 1 }
            switch status {
            case 200...299: accepted += 1
            case 400...499: refused += 1
            case 500...599: serverErrors += 1
            default: otherAnswers += 1
            }
            if status == 503 { busy += 1 }
        }
    }

    /// The latency in microseconds that `percent` of the answered deliveries did not exceed (nearest rank).
    func latency(percent: Int) -> Int64? {
        let sorted = microseconds.sorted()
        guard !sorted.isEmpty else { return nil }
        let rank = (percent * sorted.count + 99) / 100
        return sorted[max(1, rank) - 1]
    }

    var exitCode: ExitCode {
        if accepted == sent { return .success }
        if unanswered == sent { return Sysexits.unavailable }
        if busy == sent { return Sysexits.tryAgain }
        return Sysexits.partlyFailed
    }

    // MARK: Output

    func summary(_ palette: Palette) -> String {
        func count(_ name: String, _ number: Int, _ colour: Palette.Colour) -> String {
            number == 0 ? "\(name) 0" : palette.paint("\(name) \(number)", colour)
        }
        var counts = [
            "sent \(sent)", count("2xx", accepted, .green), count("4xx", refused, .red),
            count("5xx", serverErrors, .red), count("failed", unanswered, .red),
        ]
        if otherAnswers > 0 { counts.append(count("other", otherAnswers, .red)) }
        var lines = [counts.joined(separator: "  ")]
        if let p50 = latency(percent: 50), let p95 = latency(percent: 95), let p99 = latency(percent: 99) {
            let perSecond = elapsed.microseconds > 0 ? Int64(sent) * 1_000_000 / elapsed.microseconds : 0
            lines.append(
                "p50 \(Self.milliseconds(p50))  p95 \(Self.milliseconds(p95))  p99 \(Self.milliseconds(p99))  "
                    + "\(perSecond)/s"
            )
        }
        if !outcomes.isEmpty {
            lines.append(
                outcomes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
                    .joined(separator: "  ")
            )
        }
        return lines.joined(separator: "\n")
    }

    /// The summary for programs; every latency and duration is in milliseconds.
    var json: OrderedJSON {
        [
            "object": "delivery_summary",
            "sent": .integer(Int64(sent)),
            "2xx": .integer(Int64(accepted)),
            "4xx": .integer(Int64(refused)),
            "5xx": .integer(Int64(serverErrors)),
            "other": .integer(Int64(otherAnswers)),
            "failed": .integer(Int64(unanswered)),
            "p50": Self.thousandths(latency(percent: 50)),
            "p95": Self.thousandths(latency(percent: 95)),
            "p99": Self.thousandths(latency(percent: 99)),
            "outcomes": .object(
                outcomes.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) }
            ),
            "elapsed_ms": .thousandths(elapsed.microseconds),
        ]
    }

    static func milliseconds(_ microseconds: Int64) -> String {
        microseconds < 10_000
            ? "\(microseconds / 1000).\(microseconds % 1000 / 100)ms" : "\((microseconds + 500) / 1000)ms"
    }

    private static func thousandths(_ microseconds: Int64?) -> OrderedJSON {
        microseconds.map(OrderedJSON.thousandths) ?? .null
    }
}

extension Duration {
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}

extension Delivery {
    var json: OrderedJSON {
        var members: OrderedJSON = [
            "object": "delivery",
            "event": .string(eventID),
            "type": .string(eventType),
        ]
        switch result {
        case .answered(let status, let remark, let retryAfter):
            members = members.adding([
                "status": .integer(Int64(status)),
                "outcome": .text(remark),
                "retry_after": .text(retryAfter),
                "error": nil,
            ])
        case .unanswered(let error):
            members = members.adding([
                "status": nil,
                "outcome": nil,
                "retry_after": nil,
                "error": .string("\(error)"),
            ])
        }
        return members.adding(["duration_ms": .thousandths(duration.microseconds)])
    }

    /// The Stripe CLI's line for an answer.
    func line(to target: ServerAddress, palette: Palette) -> String {
        switch result {
        case .answered(let status, let remark, let retryAfter):
            let shown = palette.paint("[\(status)]", isAccepted ? .green : .red)
            let wait = retryAfter.map { " (Retry-After: \(printable($0)))" } ?? ""
            let time = "\((duration.microseconds + 500) / 1000)ms"
            return
                "<-- \(shown) POST \(target) [\(printable(eventID))] \(time)\(remark.map { " " + $0 } ?? "")\(wait)"
        case .unanswered(let error):
            let shown = palette.paint("[ERROR]", .red)
            return "<-- \(shown) POST \(target) [\(printable(eventID))] \(error)"
        }
    }
}
