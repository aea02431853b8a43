import ArgumentParser
import Billing
import HTTPClient
import JSON
import Web

/// `console-billing customers`: shows and sets which users a Stripe customer belongs to.
struct CustomersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "Show and set which users and organizations a Stripe customer belongs to.",
        discussion: """
            A user of Console sees the payments of all customers that are linked to one of the user's ids: the uuid, or \
            the sub of the tokens (auth0|…). Stripe knows one link, from a customer's metadata. What is set with link \
            wins over Console's database, and that over Stripe. These commands ask the running service, with a key of \
            scope customers:write.

            EXAMPLES
              console-billing customers list --user 'auth0|64f0c0ffee'
              console-billing customers show cus_Rw4mTqPurchase
              console-billing customers link cus_Rw4mTqPurchase --user 'auth0|64f0c0ffee'
            """,
        subcommands: [ListCommand.self, ShowCommand.self, LinkCommand.self]
    )

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List customers: a user's, an organization's, or all of an account.",
            discussion: """
                EXAMPLES
                  console-billing customers list
                  console-billing customers list --user 5b2c0f0e-3c1d-4a7e-9a50-1f2e3d4c5b6a --format json
                """
        )

        @Option(help: "Only the customers of this user, by either id.")
        var user: String?
        @Option(help: "Only the customers of this organization.")
        var organization: String?
        @Option(help: "The connected account whose customers to list, acct_….")
        var account: String?
        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await service.connected { server in
                let reader = ListReader<CustomerResponse>(
                    server: server,
                    path: "/v1/customers",
                    filters: [("user", user), ("organization", organization), ("account", account)],
                    pageSize: isFiltered ? nil : 100
                ) { $0.id }
                var customers: [ListReader<CustomerResponse>.Line] = []
                _ = try await reader.read(limit: .max) { customers += $0 }
                Terminal.line(
                    output.chosen == .human ? text(customers.map(\.element)) : reader.json(customers)
                )
            }
        }

        private var isFiltered: Bool { user != nil || organization != nil }

        private func text(_ customers: [CustomerResponse]) -> String {
            guard !customers.isEmpty else {
                return isFiltered ? "No customer is linked to that id." : "No customer is known yet."
            }
            let rows = customers.map { [$0.id, text($0.users), text($0.organizations)] }
            return TextTable(columns: ["customer", "users", "organizations"], rows: rows).text
        }

        private func text(_ links: [CustomerResponse.Link]) -> String {
            printable(links.filter(\.in_force).map { "\($0.id) (\($0.origin))" }.joined(separator: ", "))
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show all links of a customer, and the source of each.",
            discussion: """
                EXAMPLES
                  console-billing customers show cus_Rw4mTqPurchase
                """
        )

        @Argument(help: "cus_…", transform: given)
        var customer: String
        @Option(help: "The connected account whose customer it is, acct_….")
        var account: String?
        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let query = account.map { "?account=\(PercentEncoding.encoded($0))" } ?? ""
            let bytes = try await service.connected {
                try await $0.get("/v1/customers/\(PercentEncoding.encoded(customer))\(query)")
            }
            try CustomersCommand.show(bytes, output)
        }
    }

    struct LinkCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "link",
            abstract: "Set which users and organizations a customer belongs to.",
            discussion: """
                It replaces what was said with link before, and overrules what Console's database and Stripe say: name all \
                of the customer's users, each by every id that is asked for, the uuid and the sub of the tokens. A customer \
                of whom nothing is said is whose Console's database or Stripe says.

                EXAMPLES
                  console-billing customers link cus_Rw4mTqPurchase --user 'auth0|64f0c0ffee' \\
                    --user 5b2c0f0e-3c1d-4a7e-9a50-1f2e3d4c5b6a
                  console-billing customers link cus_Rw4mTqPurchase --no-users
                  console-billing customers link cus_Rw4mTqPurchase
                """
        )

        @Argument(help: "cus_…", transform: given)
        var customer: String
        @Option(help: "A user, by either id; may be repeated.")
        var user: [String] = []
        @Option(help: "An organization; may be repeated.")
        var organization: [String] = []
        @Flag(help: "Set that the customer has no user, whatever Console's database or Stripe says.")
        var noUsers = false
        @Flag(help: "Set that the customer has no organization.")
        var noOrganizations = false
        @Option(help: "The connected account whose customer it is, acct_….")
        var account: String?
        @OptionGroup var service: ServiceConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !noUsers || user.isEmpty, !noOrganizations || organization.isEmpty else {
                throw ValidationError("Name some or say that there are none, not both.")
            }
        }

        func run() async throws {
            let body = JSONWriter.object { json in
                json.member("account", account)
                json.member(
                    "organizations",
                    organization.isEmpty && !noOrganizations ? nil : organization
                )
                json.member("users", user.isEmpty && !noUsers ? nil : user)
            }
            let bytes = try await service.connected {
                try await $0.put("/v1/customers/\(PercentEncoding.encoded(customer))", body)
            }
            try CustomersCommand.show(bytes, output)
        }
    }

    /// Prints a response about one customer.
    private static func show(_ bytes: [UInt8], _ output: OutputOptions) throws {
        guard output.chosen == .human else { return Terminal.line(String(decoding: bytes, as: UTF8.self)) }
        Terminal.line(text(try decoded(CustomerResponse.self, from: bytes)))
    }

    /// A customer for people, with one line per link.
    static func text(_ customer: CustomerResponse) -> String {
        var table = TextTable(columns: ["", printable(customer.id), "learnt from"])
        for (name, links) in [("user", customer.users), ("organization", customer.organizations)] {
            table.rows += links.map { link in
                [name, printable(link.id), link.origin + (link.in_force ? "" : ", overruled")]
            }
        }
        table.rows += (customer.addresses ?? []).map { address in
            let period = [
                address.valid_from.map { "from \($0)" }, address.valid_to.map { "until before \($0)" },
            ].compactMap(\.self)
            return [
                "address", printable(([address.address] + period).joined(separator: ", ")), address.origin,
            ]
        }
        return table.rows.isEmpty
            ? "\(printable(customer.id)) has no known user or organization." : table.text
    }
}
