import Billing
import HTTPClient
import Storage
import Testing

@testable import BackgroundJobs

/// The next step of an alert after an attempt.
struct AlertDeliveryTests {
    private static let now: Int64 = 784_111_777

    private static func delivery(
        _ status: Int,
        _ headers: TransportHeaders = [:],
        attempt: Int = 1
    ) -> AlertDelivery {
        AlertDelivery(
            .success(TransportResponse(status: status, headers: headers)),
            attempt: attempt,
            now: now,
            random: 0.5
        )
    }

    private static func seconds(_ delivery: AlertDelivery) -> Int64? {
        if case .retry(let seconds, _) = delivery { seconds } else { nil }
    }

    @Test(arguments: [200, 202, 204, 299]) func `any success is one`(status: Int) {
        #expect(Self.delivery(status) == .delivered)
    }

    @Test(arguments: [100, 301, 302, 307, 400, 401, 404, 409, 429, 500, 503, 599])
    func `after any other answer of a receiver the alert is retried`(status: Int) {
        #expect(Self.seconds(Self.delivery(status)) == 3)
    }

    @Test func `one that answers 410 is not`() { #expect(Self.delivery(410) == .gone) }

    @Test(
        arguments: [
            ("7200", 7200), ("2", 3), ("Sun, 06 Nov 1994 08:59:37 GMT", 600),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 3), ("99999999999999999999999", 86_400), ("soon", 3), ("-5", 3),
        ] as [(String, Int64)]
    )
    func `Retry-After is respected up to a day`(text: String, seconds: Int64) {
        #expect(Self.seconds(Self.delivery(503, ["Retry-After": text])) == seconds)
    }

    @Test func `it is tried ever more rarely, every hour at least, and without an end`() {
        let waits = [1, 2, 3, 4, 11, 100, Int.max].map { Self.seconds(Self.delivery(500, attempt: $0)) }
        #expect(waits == [3, 6, 11, 21, 1801, 1801, 1801])
    }

    @Test func `a process that is being stopped made no attempt`() {
        for error in [TransportError.cancelled, .shuttingDown] {
            #expect(
                AlertDelivery(.failure(error), attempt: 1, now: Self.now, random: 0.5) == .interrupted
            )
        }
        let lost = AlertDelivery(.failure(.tls), attempt: 1, now: Self.now, random: 0.5)
        #expect(lost == .retry(afterSeconds: 3, reason: "no trusted TLS connection"))
    }
}
