import Billing
import StripeAPI
import Testing

/// The forecast, as it is asked for.
@Suite(.timeLimit(.minutes(5)))
struct ForecastRouteTests {
    /// April 2026, of which days are indexed through one of them, each of 14,400 blocks.
    private func calendar(through day: Int, count: Int64 = 14_400) -> String {
        (31...(31 + day)).map { number in
            let date = number == 31 ? "2026-03-31" : "2026-04-\(number - 31 < 10 ? "0" : "")\(number - 31)"
            let first = 1_000_000 + Int64(number - 31) * 14_400
            let isLast = number == 31 + day && count < 14_400
            let last = first + (isLast ? count : 14_400) - 1
            return
                #"{"date":"\#(date)","first_height":"\#(first)","last_height":\#(isLast ? "null" : "\"\(last)\""),"#
                + #""last_height_yet":"\#(last)","akt_usd":"2.5","final":\#(!isLast)}"#
        }.joined(separator: "\n")
    }

    @Test(arguments: ["UTC", "Asia/Kathmandu"])
    func `with no lease that opens or closes each day's forecast is what the month came to`(
        zone: String
    )
        async throws
    {
        // 30 days of 14,400 blocks at 100 micro-dollars and at 50 micro-AKT of 2.5 dollars; one lease ended in March.
        for day in [0, 1, 17, 29] {
            try await WebHarness.with { harness in
                let moment = try #require(Instant(rfc3339: "2026-04-01T06:00:00Z"))
                let now = moment.adding(seconds: Int64(day) &* 86_400)
                harness.clock.advance(seconds: now.seconds(since: harness.clock.now))
                let leases = [
                    UsageSample.lease(1, created: 990_000, price: "100"),
                    UsageSample.lease(2, created: 1_000_500, denomination: "uakt", price: "50"),
                    UsageSample.lease(3, created: 1_000_000, price: "9000", closed: 1_000_010),
                ]
                _ = try await harness.post(
                    "/v1/usage/leases",
                    Array("[\(leases.joined(separator: ","))]".utf8),
                    key: .usage
                )
                for count in [14_400, 5000] as [Int64] where count == 14_400 || day > 0 {
                    let posted = try await harness.post(
                        "/v1/usage/calendar",
                        Array(calendar(through: count == 14_400 ? day : day + 1, count: count).utf8),
                        key: .usage
                    )
                    #expect(posted.status == 200, "\(posted.text)")
                }
                _ = try await harness.putAccounts(UsageSample.accounts())
                let path = "/v1/forecast?customer=cus_one&timezone=\(zone)"
                let forecast = try await harness.get(path).json
                #expect(forecast["month_end"]?["expected"] == "97.2", "day \(day)")
                #expect(forecast["month_end"]?["high"] == forecast["month_end"]?["expected"])
                #expect(forecast["basis"] == "leases" && forecast["runs_out_at"] != nil)
                // 600 blocks an hour.
                #expect(forecast["burn_per_hour"] == "0.135")
            }
        }
    }
}
