import Billing
import FoundationEssentials
import Hummingbird
import JSON
import Storage

/// Console's own usage routes, so that its page works with this service without a change.
///
/// The results differ where Console's are wrong: blocks at midnight count, a lease ends when its escrow is
/// empty, days are not rounded before they are added, and deployments are counted instead of leases. Amounts
/// are JSON numbers, as in Console. A day without a price of AKT includes only the part that has a price;
/// `/v1/usage/daily` marks such days.
struct ConsoleUsageController: Sendable {
    let usage: any UsageLedger

    func addRoutes(to routes: Routes) {
        routes.get("/v1/usage/history", for: .feedRead, cost: .range, use: history)
        routes.get("/v1/usage/history/stats", for: .feedRead, cost: .range, use: stats)
    }

    @Sendable
    private func history(_ request: Request, _ context: AppContext) async throws -> Response {
        let (subject, dates) = try await subject(of: request, context)
        let lines = try await usage.lines(subject, dates, by: .total)
        var totals = ConsoleUsageDay.Totals()
        return JSONBody.response(
            lines.map { line -> ConsoleUsageDay in
                totals.add(line)
                return ConsoleUsageDay(line: line, totals: totals)
            }
        )
    }

    @Sendable
    private func stats(_ request: Request, _ context: AppContext) async throws -> Response {
        let (subject, dates) = try await subject(of: request, context)
        let days = try await usage.lines(subject, dates, by: .total)
        // Console's average is of the distinct deployments of the range, not of each day's.
        let deployments = try await usage.deployments(subject, dates)
        let spent = days.reduce(ExactAmount.zero) { $0 + $1.spend.known }
        let count = Double(max(1, days.count))
        let deploymentsPerDay = Double(deployments) / count
        return JSONBody.response { json in
            json.member("averageDeploymentsPerDay", deploymentsPerDay.roundedToHundredths)
            json.member("averageSpentPerDay", (spent.number / count).roundedToHundredths)
            json.member("totalDeployments", deployments)
            json.member("totalSpent", spent.number.roundedToHundredths)
        }
    }

    private func subject(
        of request: Request,
        _ context: AppContext
    ) async throws -> (UsageSubject, ClosedRange<CalendarDate>) {
        var query = try QueryReader(request)
        guard let address = query.text("address") else {
            throw APIError.invalid("address", "Give the address of a wallet.")
        }
        guard let address = AkashAddress.canonical(address) else {
            throw APIError.invalid(
                "address",
                "This is no address on Akash, akash1…, or a letter of it is wrong."
            )
        }
        let today = CalendarDate(context.now)
        // Console allows dates that are 366 days apart, which is 367 days including both.
        let dates = try query.dates("startDate", "endDate", today: today, atMost: 367)

        // A caller with customers of their own sees only the days on which the address was theirs.
        let subject = context.caller.subject(owner: address)
        return (try await usage.withFormerAddresses(subject, on: today), dates)
    }
}

/// One day of usage in the format that Console's page reads; amounts are in whole tokens and dollars.
private struct ConsoleUsageDay: JSONObject {
    struct Totals {
        fileprivate var akt = TokenAmount.zero
        fileprivate var act = TokenAmount.zero
        fileprivate var usd = ExactAmount.zero

        mutating func add(_ line: UsageLine) {
            akt += line.akt
            act += line.act
            usd += line.spend.known
        }
    }

    let line: UsageLine
    let totals: Totals

    func write(to json: inout JSONWriter) {
        json.member("activeDeployments", line.totals.deployments)
        // Console's page prints the numbers as they are. They are rounded here alone, after they were added up.
        let (dailyACT, totalACT) = (
            line.act.number.roundedToHundredths, totals.act.number.roundedToHundredths
        )
        json.member("dailyActSpent", dailyACT)
        json.member("dailyAktSpent", line.akt.number.roundedToHundredths)
        json.member("dailyUsdSpent", line.spend.known.number.roundedToHundredths)
        // Console's USDC fields have contained ACT since the chain moved to ACT.
        json.member("dailyUsdcSpent", dailyACT)
        json.member("date", line.date.text)
        json.member("totalActSpent", totalACT)
        json.member("totalAktSpent", totals.akt.number.roundedToHundredths)
        json.member("totalUsdSpent", totals.usd.number.roundedToHundredths)
        json.member("totalUsdcSpent", totalACT)
    }
}

extension UsageLine {
    fileprivate var akt: TokenAmount { totals.amounts[.uakt] ?? .zero }
    fileprivate var act: TokenAmount { (totals.amounts[.uact] ?? .zero) + (totals.amounts[.uusdc] ?? .zero) }
}

extension TokenAmount {
    /// Whole tokens as a floating-point number, which Console's fields are.
    fileprivate var number: Double { Double(tokensText) ?? 0 }
}

extension ExactAmount {
    fileprivate var number: Double { Double(exactText) ?? 0 }
}

extension Double {
    fileprivate var roundedToHundredths: Double { (self * 100).rounded() / 100 }
}
