import Billing
import Foundation
import Testing

@testable import ConsoleBilling

/// The manual page and the reference; `mandoc` looks at the page itself in Tests/Deploy/commands.py.
struct ManualTests {
    private static let page = ManualPage(version: "9.8.7", date: CalendarDate(dayNumber: 20_000)).text

    @Test func `the page has every command, option and setting`() throws {
        let lines = Set(Self.page.split(separator: "\n").map(String.init))
        for command in try DumpedCommand.all().dropFirst() {
            let words = command.fullName.split(separator: " ").dropFirst().joined(separator: " ")
            #expect(lines.contains(".Ss \(words)"))
            for option in command.options {
                let shown = option.replacing("-", with: "\\-")
                #expect(lines.contains { $0.contains(shown) }, "\(words) \(option)")
            }
        }
        for setting in Setting.allCases { #expect(lines.contains(".It Ev \(setting.rawValue)")) }
    }

    @Test func `the page names its day and its version`() {
        #expect(Self.page.hasPrefix(".Dd 2024-10-04\n.Dt CONSOLE-BILLING 1\n.Os console-billing 9.8.7\n"))
    }

    @Test func `the page is ASCII, and no word of ours begins a line as a macro does`() {
        #expect(Self.page.utf8.allSatisfy { $0 < 0x80 })
        let macros: Set<Substring> = [
            "Dd", "Dt", "Os", "Sh", "Ss", "Nm", "Nd", "Ar", "Op", "Cm", "Bd", "Ed", "Bl", "It", "El", "Xr",
        ]
        for line in Self.page.split(separator: "\n") where line.first == "." {
            #expect(macros.contains(line.dropFirst().prefix { $0 != " " }), "\(line)")
        }
    }

    @Test func `the reference has every command with its options`() throws {
        let sections = CommandHelp.reference.components(separatedBy: "\n## ")
        for command in try DumpedCommand.all().dropFirst() {
            let section = try #require(sections.first { $0.hasPrefix(command.fullName + "\n") })
            for option in command.options { #expect(section.contains(option), "\(command.fullName)") }
        }
    }
}
