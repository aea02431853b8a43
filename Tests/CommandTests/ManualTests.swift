import Billing
import Testing

@testable import ConsoleBilling

/// The manual page and the reference; `mandoc` looks at the page itself in Tests/Deploy/commands.py.
struct ManualTests {
    private static func tree() throws -> CommandTree { try CommandTree(of: ConsoleBilling.self) }

    private static func page() throws -> String {
        ManualPage(tree: try tree(), version: "9.8.7", date: CalendarDate(dayNumber: 20_000)).text
    }

    @Test func `the page has every command, option and setting`() throws {
        let lines = try Set(Self.page().split(separator: "\n").map(String.init))
        for command in try Self.tree().commands.dropFirst() {
            let words = command.fullName.split(separator: " ").dropFirst().joined(separator: " ")
            #expect(lines.contains(".Ss \(words)"))
            for name in command.ownArguments.flatMap({ $0.names ?? [] }) {
                let item = ".It Fl \(name.text.dropFirst())"
                #expect(lines.contains { $0 == item || $0.hasPrefix(item + " ") }, "\(words) \(name.text)")
            }
        }
        for setting in Setting.allCases { #expect(lines.contains(".It Ev \(setting.rawValue)")) }
    }

    @Test func `the page names its day and its version`() throws {
        let page = try Self.page()
        #expect(page.hasPrefix(".Dd October 4, 2024\n.Dt CONSOLE-BILLING 1\n.Os console-billing 9.8.7\n"))
    }

    @Test func `the page is ASCII, and no word of ours begins a line as a macro does`() throws {
        let page = try Self.page()
        #expect(page.utf8.allSatisfy { $0 < 0x80 })
        let macros: Set<Substring> = [
            "Dd", "Dt", "Os", "Sh", "Ss", "Nm", "Nd", "Ar", "Op", "Cm", "Fl", "Pp", "Bd", "Ed", "Bl", "It",
            "El", "Xr",
        ]
        for line in page.split(separator: "\n") where line.first == "." {
            #expect(macros.contains(line.dropFirst().prefix { $0 != " " }), "\(line)")
        }
    }

    @Test func `the reference has every command with its options`() throws {
        let text = CommandReference(tree: try Self.tree()).text
        for command in try Self.tree().commands.dropFirst() {
            #expect(text.contains("\n## \(command.fullName)\n"))
            for argument in command.ownArguments { #expect(text.contains("| `\(argument.spelling)` |")) }
        }
    }
}
