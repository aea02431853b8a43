import Foundation
import Testing
import Web

@testable import ConsoleBilling

/// The settings of the page and its receipts.
struct PageSettingsTests {
    private func configuration(_ settings: [String: String]) throws -> ServiceConfiguration {
        let required = [
            "STRIPE_WEBHOOK_SECRET": "whsec_1234567890123456",
            "LINK_SIGNING_SECRET": String(repeating: "s", count: 32),
        ]
        return try ServiceConfiguration(
            SettingValues(
                flags: [:],
                environment: required.merging(settings) { $1 },
                configurationFile: nil
            )
        )
    }

    private func problem(_ name: String, _ value: String) -> String? {
        do {
            _ = try configuration([name: value])
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `the seller's address has a line for each part`() throws {
        let merchant = try configuration([
            "SELLER_NAME": " Example, Inc. ", "SELLER_ADDRESS": "1 Road | Town, ST 12345\n\nUnited States|",
            "SELLER_TAX_ID": "EX-1",
        ]).merchant
        #expect(
            merchant
                == Merchant(
                    name: "Example, Inc.",
                    address: ["1 Road", "Town, ST 12345", "United States"],
                    taxID: "EX-1"
                )
        )
        #expect(try configuration([:]).merchant == .unnamed)
    }

    @Test(arguments: [
        ("SELLER_NAME", String(repeating: "n", count: 121)), ("SELLER_NAME", "a\u{7}b"),
        ("SELLER_NAME", "  "),
        ("SELLER_ADDRESS", "1|2|3|4|5|6|7"), ("SELLER_ADDRESS", "|"), ("SELLER_TAX_ID", "a\tb"),
        ("CHART_JS_PATH", "/nowhere/chart.js"), ("CHART_JS_PATH", "/tmp"), ("CHART_JS_PATH", "/dev/null"),
    ])
    func `an invalid value stops the start, and is named`(name: String, value: String) {
        #expect(problem(name, value)?.contains(name) == true)
    }

    @Test func `Chart.js comes from where it is said to be, or from nowhere`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "chart-\(UUID().uuidString).js")
        try Data("var Chart;".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let named = try configuration(["CHART_JS_PATH": file.path]).chartJSPath
        #expect(ChartScript.find(configured: named) == Array("var Chart;".utf8))
        let none = try configuration(["CHART_JS_PATH": "none"]).chartJSPath
        #expect(ChartScript.find(configured: none) == nil)
    }
}
