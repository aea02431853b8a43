import Billing
import HTTPClient
import Storage
import StripeAPI
import Synchronization
import Testing

@testable import Web

/// The served page: who has access, what they see, and which actions are possible.
@Suite(.timeLimit(.minutes(5)))
struct BillingRoutesTests {
    private func visit(
        _ path: String,
        as customer: String = "cus_one",
        _ settings: WebHarness.Settings = WebHarness.Settings(),
        _ events: [MadeEvent] = FeedSample.events
    ) async throws -> Answer {
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(events)
            return try await harness.visit(path, as: customer)
        }
    }

    // MARK: Getting in

    @Test func `a session in the URL becomes a cookie, and leaves the URL`() async throws {
        try await WebHarness.with { harness in
            for path in ["/billing", "/billing/usage"] {
                let token = harness.linkToken()
                let answer = try await harness.get("\(path)?range=all&session=\(token)", key: nil)
                #expect(answer.status == 303)
                #expect(answer.headers["Location"] == "\(path.split(separator: "/").last ?? "")?range=all")
                #expect(answer.headers["Set-Cookie"]?.contains("HttpOnly") == true)
                #expect(answer.headers["Set-Cookie"]?.contains(token) == false)
            }
        }
    }

    @Test func `a session that is over is said so, forgotten, and leads back`() async throws {
        try await WebHarness.with { harness in
            let old = harness.sessionToken(returnURL: "https://console.example.com/billing", age: 3600)
            let kept = try await harness.get("/billing", key: nil, headers: [harness.cookie(old)])
            // A link that is over is no reason to end the session that the browser is in.
            let link = harness.linkToken(returnURL: "https://console.example.com/billing", age: 3600)
            let brought = try await harness.get("/billing?session=\(link)", key: nil)
            for answer in [kept, brought] {
                #expect(answer.status == 401 && answer.text.contains("Your session has ended"))
                #expect(answer.text.contains("href=\"https://console.example.com/billing\""))
            }
            #expect(kept.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
            #expect(brought.headers["Set-Cookie"] == nil)
            let nobody = try await harness.get("/billing", key: nil)
            #expect(nobody.status == 401 && nobody.text.contains("Open this page from your account"))
        }
    }

    @Test func `a link lets in once, and is no credential itself`() async throws {
        try await WebHarness.with { harness in
            let begun = try await harness.postSession(#"{"customer":"cus_one"}"#).json
            let path = try harness.path(ofLink: begun["url"]?.string ?? "")
            let token = String(path.split(separator: "=")[1])
            // A HEAD request does not use the link.
            #expect(try await harness.exchange("HEAD \(path) HTTP/1.1\r\nHost: x\r\n\r\n").status == 303)
            let first = try await harness.get(path, key: nil)
            #expect(first.status == 303)
            let cookie = TransportHeader(
                "Cookie",
                String((first.headers["Set-Cookie"] ?? "").prefix { $0 != ";" })
            )
            #expect(try await harness.get("/billing", key: nil, headers: [cookie]).status == 200)
            let browser = TransportHeader("Accept", "text/html,*/*;q=0.8")
            let again = try await harness.get(path, key: nil, headers: [browser])
            #expect(again.status == 401 && again.text.contains("This link was used already"))
            #expect(again.text.contains("open Billing &amp; Usage from there"))
            #expect(again.headers["Set-Cookie"] == nil)
            // A program gets the API's error.
            let asJSON = try await harness.get(path, key: nil)
            #expect(asJSON.status == 401 && asJSON.errorCode == "session_link_used")
            // In the browser that it let in it leads to the page.
            let reloaded = try await harness.get(path, key: nil, headers: [browser, cookie])
            #expect(reloaded.status == 303 && reloaded.headers["Set-Cookie"] == nil)
            // One that is opened where a session is already is used up too.
            let next = "/billing?session=\(harness.linkToken())"
            #expect(try await harness.get(next, key: nil, headers: [cookie]).headers["Set-Cookie"] != nil)
            #expect(try await harness.get(next, key: nil).status == 401)
            for credential in [bearer(token), harness.cookie(token)] {
                #expect(
                    try await harness.get("/v1/transactions", key: nil, headers: [credential]).status == 401
                )
            }
            // Nor is the session's own token a link.
            let session = try #require(begun["token"]?.string)
            #expect(try await harness.get("/billing?session=\(session)", key: nil).status == 401)
        }
    }

    @Test func `while the store cannot say whether a link was used, the link is refused`() async throws {
        var settings = WebHarness.Settings()
        settings.wrapping = { _ in StoreOutage(code: .connectionLost) }
        try await WebHarness.with(settings) { harness in
            let answer = try await harness.get("/billing?session=\(harness.linkToken())", key: nil)
            #expect(answer.status == 503 && answer.headers["Set-Cookie"] == nil)
            #expect(answer.text.contains("Just a moment"))
        }
    }

    // MARK: One session after another

    @Test func `another customer's link does not replace a session, but asks`() async throws {
        try await WebHarness.with { harness in
            let (mine, theirs) = (harness.sessionToken("cus_one"), harness.linkToken("cus_two"))
            let answer = try await harness.get(
                "/billing?session=\(theirs)",
                key: nil,
                headers: [harness.cookie(mine)]
            )
            #expect(answer.status == 200 && answer.headers["Set-Cookie"] == nil)
            #expect(answer.text.contains("Open another customer's page?"))
            #expect(answer.text.contains("cus_one") && answer.text.contains("cus_two"))
            // One's own again, or in place of one that is over, enters at once.
            for (link, cookie) in [
                (harness.linkToken("cus_one"), mine),
                // It was not used up by asking.
                (theirs, harness.sessionToken("cus_one", age: 3600)),
                (harness.linkToken("cus_two"), "x"),
            ] {
                let entered = try await harness.get(
                    "/billing?session=\(link)",
                    key: nil,
                    headers: [harness.cookie(cookie)]
                )
                #expect(entered.status == 303 && entered.headers["Set-Cookie"] != nil)
            }
        }
    }

    @Test func `customers with the same id in two accounts are distinguished by the account`() async throws {
        try await WebHarness.with { harness in
            let asking = try await harness.get(
                "/billing?session=\(harness.linkToken("cus_one", account: "acct_1"))",
                key: nil,
                headers: [harness.cookie(harness.sessionToken("cus_one"))]
            )
            #expect(
                asking.text.contains("Open cus_one of acct_1") && asking.text.contains("Stay with cus_one<")
            )
            let theirs = harness.cookie(harness.sessionToken("cus_one", account: "acct_1"))
            let page = try await harness.get("/billing", key: nil, headers: [theirs])
            #expect(page.text.contains("Customer cus_one of acct_1"))
        }
    }

    @Test func `only a form of our own page, for the session it was shown to, replaces one`() async throws {
        try await WebHarness.with { harness in
            let mine = harness.sessionToken("cus_one")
            let (theirs, next) = (harness.linkToken("cus_two"), harness.linkToken("cus_two"))
            let signer = harness.settings.sessionSigner
            func post(
                _ token: String,
                _ formToken: String,
                site: String = "same-origin"
            ) async throws -> Answer {
                try await harness.post(
                    "/billing",
                    Array("session=\(token)&form_token=\(formToken)".utf8),
                    headers: [
                        harness.cookie(mine), TransportHeader("Sec-Fetch-Site", site),
                        TransportHeader("Content-Type", "application/x-www-form-urlencoded"),
                    ]
                )
            }
            let agreed = try await post(theirs, signer.formToken(for: mine))
            #expect(agreed.status == 303 && agreed.headers["Location"] == "/billing")
            #expect(agreed.headers["Set-Cookie"]?.contains(harness.sessionToken("cus_two")) == true)
            let over = harness.linkToken("cus_two", age: 3600)
            for refused in [
                try await post(next, ""), try await post(next, signer.formToken(for: next)),
                try await post(next, signer.formToken(for: mine), site: "cross-site"),
                try await post(next + "0", signer.formToken(for: mine)),
            ] { #expect(refused.status == 303 && refused.headers["Set-Cookie"] == nil) }
            // A link that was used, or is over, is said to be, and the session that the browser is in stays.
            for ended in [theirs, over] {
                let answer = try await post(ended, signer.formToken(for: mine))
                #expect(answer.status == 401 && answer.headers["Set-Cookie"] == nil)
            }
        }
    }

    @Test(arguments: ["/billing", "/billing/usage"])
    func `a page says whose it is`(path: String) async throws {
        #expect(try await visit(path).text.contains("Customer cus_one"))
        #expect(try await visit(path, as: "cus_two").text.contains("Customer cus_two"))
    }

    // MARK: Contents

    @Test func `a customer sees only their own rows`() async throws {
        let one = try await visit("/billing?range=all")
        #expect(one.pageRows == ["re_a", "ch_a", "ch_b", "in_e"])
        #expect(one.text.contains("Showing all 4 transactions"))
        #expect(try await visit("/billing?range=all", as: "cus_two").pageRows == ["ch_c", "ch_d"])
        #expect(try await visit("/billing?range=all", as: "cus_nobody").pageRows == [])
    }

    @Test func `the page has the filters of the feed`() async throws {
        #expect(try await visit("/billing?range=all&type=purchase&status=failed").pageRows == ["ch_b"])
        #expect(try await visit("/billing?range=all&q=4242").pageRows == ["re_a", "ch_a", "ch_b"])
        #expect(try await visit("/billing?from=2026-03-14&to=2026-03-14&q=25.00").pageRows == ["ch_a"])
        #expect(try await visit("/billing?to=2026-03-13").pageRows == [])
    }

    @Test func `its pages, one after the other, have every row once`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(
                (0..<23).map { .charge("ch_\($0)", created: FeedSample.ago(Int64(1000 + $0 % 7))) }
            )
            let all = try await harness.ids("/v1/transactions?customer=cus_one&limit=100")
            var seen: [String] = []
            var link: String? = "/billing?per=5"
            var newer: [String] = []
            while let next = link {
                let answer = try await harness.visit(next)
                seen += answer.pageRows
                #expect(answer.text.contains("Showing \(answer.pageRows.count) of 23 transactions"))
                if let back = answer.link("prev") { newer.append(back) }
                link = answer.link("next")
            }
            #expect(seen == all && newer.count == 4)
            #expect(try await harness.visit(newer[1]).pageRows == Array(all[5..<10]))
        }
    }

    @Test func `a cursor at another customer's row shows the first page`() async throws {
        let answer = try await visit("/billing?type=purchase&after=ch_c")
        #expect(answer.status == 303 && answer.headers["Location"] == "/billing?type=purchase")
    }

    @Test(arguments: [
        "status=lost+count", "range=2w", "from=2026-02-30", "colour=red", "per=1000", "after=x&before=y",
    ])
    func `what cannot be shown is said on a page, with a way on`(query: String) async throws {
        let answer = try await visit("/billing?\(query)")
        #expect(answer.status == 400 && answer.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.text.contains("This cannot be shown") && answer.text.contains("href=\"/billing\""))
    }

    @Test func `while the store is unavailable the page shows that, and when to retry`() async throws {
        var settings = WebHarness.Settings()
        settings.wrapping = { _ in StoreOutage(code: .connectionLost) }
        for path in ["/billing", "/billing/usage"] {
            let answer = try await visit(path, settings, [])
            #expect(answer.status == 503 && answer.headers["Retry-After"] == "5")
            #expect(answer.text.contains("Just a moment"))
        }
    }

    @Test func `a file has the rows that the page shows`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let answer = try await harness.visit("/billing?range=all&type=purchase&status=succeeded")
            let file = try await harness.visit(try #require(answer.exportLink))
            let ids = try file.csv.column("ID")
            #expect(ids == answer.pageRows && ids == ["ch_a", "in_e"])
            let others = try await harness.visit(try #require(answer.exportLink), as: "cus_two")
            #expect(others.status == 404)
        }
    }

    // MARK: Usage

    @Test func `every number of the tables of usage is in their files`() async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            try await harness.deliver([.charge("ch_a", created: FeedSample.ago(86_400))])
            let answer = try await harness.visit("/billing/usage?from=2026-03-11&to=2026-03-14")
            #expect(answer.status == 200)
            let balance = try answer.numbers(of: "balance")
            let balances = try await harness.visit(balance.file).csv
            let dollars = balances.column("Currency").map { $0 == "USD" }
            for (column, name) in [
                "Purchases", "Refunds", "Disputes", "Credits", "Spend", "Closing", "Purchases To Date",
            ].enumerated() {
                let ofFile = zip(balances.column(name), dollars).filter(\.1).map(\.0.roundedToMillionths)
                #expect(balance.rows.reversed().map { $0[column] } == ofFile, "\(name)")
            }
            let spend = try answer.numbers(of: "spend")
            let file = try await harness.visit(spend.file).csv
            #expect(!file.column("Date (UTC)").isEmpty)
            for (date, provider, spent) in zip3(
                file.column("Date (UTC)"),
                file.column("Provider Name"),
                file.column("Spent (USD)")
            ) {
                let row = try #require(spend.dates.firstIndex(of: date))
                let column = try #require(spend.headings.firstIndex(of: provider))
                #expect(spend.rows[row][column] == spent.roundedToMillionths, "\(date) \(provider)")
            }
            let months = try answer.numbers(of: "months")
            let ofMonths = try await harness.visit(months.file).csv
            #expect(months.dates.reversed() == ofMonths.column("Month (UTC)"))
            #expect(
                months.rows.reversed().map { $0[0] }
                    == ofMonths.column("Spent (USD)").map(\.roundedToMillionths)
            )
        }
    }

    @Test func `a customer without usage has an empty tab, and without a ledger a notice`() async throws {
        let empty = try await visit("/billing/usage")
        #expect(empty.text.contains("Nothing is indexed yet") && empty.text.contains("Nothing was leased"))
        #expect(try await visit("/billing/usage?from=2024-01-01&to=2026-01-01").status == 400)
    }

    // MARK: E-mail

    private final class Mail: ReceiptMailer {
        let sent = Mutex<[String?]>([])

        func email(
            _ target: ReceiptTarget,
            to address: EmailAddress?,
            now: Instant
        ) async throws(ReceiptNotMailed) -> EmailAddress {
            let known = EmailAddress("customer@example.com")
            sent.withLock { $0.append(address.map { "\($0)" }) }
            guard let known else { throw .noAddress }
            return known
        }
    }

    @Test func `the form of the page has a receipt e-mailed, and no other form does`() async throws {
        let mail = Mail()
        var settings = WebHarness.Settings()
        settings.mailer = mail
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(FeedSample.events)
            let text = try await harness.visit("/billing?type=purchase&range=all").text
            let token = try #require(text.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1)
            let form = try #require(text.firstMatch(of: /action="([^"]*ch_a\/email[^"]*)"/)?.1)
            let action = String(form).replacing("&amp;", with: "&")
            func send(_ body: String, site: String, to action: String = action) async throws -> String? {
                let headers = [
                    harness.cookie(harness.sessionToken()), TransportHeader("Sec-Fetch-Site", site),
                    TransportHeader("Content-Type", "application/x-www-form-urlencoded"),
                ]
                let answer = try await harness.post(action, Array(body.utf8), headers: headers)
                #expect(answer.status == 303)
                return answer.headers["Location"]
            }
            let back = "/billing?type=purchase&range=all&notice="
            #expect(try await send("form_token=\(token)", site: "cross-site") == back + "email_session_ended")
            #expect(try await send("", site: "same-origin") == back + "email_session_ended")
            #expect(try await send("form_token=00", site: "same-origin") == back + "email_session_ended")
            #expect(mail.sent.withLock { $0.isEmpty })
            #expect(try await send("form_token=\(token)", site: "same-origin") == back + "emailed")
            #expect(mail.sent.withLock { $0.count } == 1)
            let others = action.replacing("ch_a", with: "ch_c")
            #expect(
                try await send("form_token=\(token)", site: "same-origin", to: others)
                    == back + "email_no_receipt"
            )
            #expect(mail.sent.withLock { $0.count } == 1)
            let after = try await harness.visit(back + "emailed")
            #expect(after.text.contains("Stripe was asked to send the receipt"))
        }
    }

    // MARK: Headers for browsers

    @Test func `it runs only our scripts, and is neither cached nor framed`() async throws {
        for path in ["/billing", "/billing/usage", "/billing?range=x"] {
            let headers = try await visit(path).headers
            let policy = headers["Content-Security-Policy"] ?? ""
            for part in [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
                "require-trusted-types-for 'script'",
            ] { #expect(policy.components(";").contains(part), "\(part)") }
            #expect(!policy.contains("unsafe"))
            #expect(headers["Cache-Control"] == "no-store" && headers["Referrer-Policy"] == "no-referrer")
            #expect(headers["X-Content-Type-Options"] == "nosniff" && headers["X-Frame-Options"] == "DENY")
        }
    }

    @Test func `where another site may frame it, receipts open without the cookie`() async throws {
        var settings = WebHarness.Settings()
        settings.frameAncestors = [try #require(WebOrigin(of: "https://console.akash.network"))]
        try await WebHarness.with(settings) { harness in
            try await harness.deliver(FeedSample.events)
            let answer = try await harness.visit("/billing?range=all")
            #expect(answer.headers["X-Frame-Options"] == nil)
            #expect(
                answer.headers["Content-Security-Policy"]?
                    .contains("frame-ancestors https://console.akash.network;") == true
            )
            let link = try #require(answer.text.firstMatch(of: /href="([^"]*ch_a\/receipt\/print[^"]*)"/)?.1)
            let print = try await harness.get(String(link).replacing("&amp;", with: "&"), key: nil)
            #expect(print.status == 200 && print.text.contains("Receipt"))
        }
    }

    @Test func `under a path of a host, its links stay under it`() async throws {
        var settings = WebHarness.Settings()
        settings.publicURL = "https://www.example.com/billing-service"
        let text = try await visit("/billing?range=all", settings).text
        let links = text.matches(of: /(?:href|src|action|data-email)="(\/[^"]*)"/).map(\.1)
        #expect(links.count > 10 && links.allSatisfy { $0.hasPrefix("/billing-service/") })
    }

    @Test func `is compressed for clients that accept gzip`() async throws {
        try await WebHarness.with { harness in
            let headers = [
                harness.cookie(harness.sessionToken()), TransportHeader("Accept-Encoding", "gzip"),
            ]
            let answer = try await harness.get("/billing", key: nil, headers: headers)
            #expect(answer.headers["Content-Encoding"] == "gzip" && answer.body.starts(with: [0x1f, 0x8b]))
            #expect(answer.headers["Vary"] == "Accept-Encoding")
        }
    }
}

// MARK: Reading a page

extension WebHarness {
    /// Opens a page as a browser with a session does.
    func visit(_ path: String, as customer: String = "cus_one") async throws -> Answer {
        try await get(path, key: nil, headers: [cookie(sessionToken(customer))])
    }
}

extension Answer {
    /// The ids of the rows that a page shows, in order.
    fileprivate var pageRows: [String] { text.matches(of: /data-id="([^"]*)"/).map { String($0.1) } }

    fileprivate func link(_ relation: String) -> String? {
        text.matches(of: /rel="(prev|next)" href="([^"]*)"/).first { $0.1 == relation }
            .map { String($0.2).replacing("&amp;", with: "&") }
    }

    fileprivate var exportLink: String? {
        text.firstMatch(of: /data-export href="([^"]*)"/).map { String($0.1).replacing("&amp;", with: "&") }
    }

    fileprivate struct Numbers {
        let file: String
        let headings: [String]
        let dates: [String]
        /// Exact, a row a day; empty where there is none.
        let rows: [[String]]
    }

    /// The data of a chart.
    fileprivate func numbers(of table: String) throws -> Numbers {
        let parts = try #require(
            text.firstMatch(
                of: try Regex(
                    "href=\"([^\"]*)\">Export these(?:(?!href=)[\\s\\S])*?<table id=\"table-\(table)\"([\\s\\S]*?)</table>",
                    as: (Substring, Substring, Substring).self
                )
            )
        ).output
        let rows = parts.2.matches(of: /<tr[^>]*><th scope="row"><time datetime="([^"]*)">.*?<\/tr>/)
        return Numbers(
            file: String(parts.1).replacing("&amp;", with: "&"),
            headings: parts.2.matches(of: /<th scope="col" class="n">([^<]*)</).map { String($0.1) },
            dates: rows.map { String($0.1) },
            rows: rows.map { row in
                row.0.matches(of: /<td class="n">(?:<data value="([^"]*)">)?/).map { String($0.1 ?? "") }
            }
        )
    }
}

extension String {
    fileprivate func components(_ separator: Character) -> [String] {
        split(separator: separator).map { String($0.drop { $0 == " " }) }
    }
}

private func zip3(_ first: [String], _ second: [String], _ third: [String]) -> [(String, String, String)] {
    zip(zip(first, second), third).map { ($0.0, $0.1, $1) }
}
