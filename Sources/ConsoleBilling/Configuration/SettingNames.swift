import JSON

/// Detects misspelt setting names, without reporting variables of other programs.
enum SettingNames {
    /// The message for an unknown flag or key of the configuration file.
    ///
    /// The name is quoted only if it looks like one: a secret may have been typed in its place.
    static func unknown(_ name: String) -> String {
        let looksLikeOne = name.wholeMatch(of: /[A-Z0-9_]{0,32}/) != nil
        let nearest = Spelling.nearest(to: name, among: Setting.allCases.map(\.rawValue))
        return (looksLikeOne ? "there is no setting \(name)." : "there is a name that is no setting's.")
            + (nearest.map { " Did you mean \($0)?" } ?? "")
    }

    /// A message for each environment variable that is probably a misspelt setting or its `…_FILE`.
    static func misspelt(in environment: [String: String]) -> [String] {
        environment.keys.sorted().compactMap { variable in
            meant(by: variable).map {
                "there is no variable \(variable). Did you mean \($0)? If it is another program's, start "
                    + "console-billing without it."
            }
        }
    }

    /// A sentence for each environment variable that is named nearly as a setting or its `…_FILE`, and may
    /// be another program's, so that it is not refused.
    static func unread(in environment: [String: String]) -> [String] {
        let known = Setting.allCases.map(\.rawValue)
        let suffix = "_FILE"
        return environment.keys.sorted().compactMap { variable in
            let isFile = variable.hasSuffix(suffix)
            let name = isFile ? String(variable.dropLast(suffix.count)) : variable
            // A second secret may have been given in a variable with a number.
            let stem = name.replacing(/_?[0-9]+$/, with: "")
            guard !known.contains(name), variable.utf8.count <= 64, meant(by: variable) == nil,
                let nearest = Spelling.nearest(to: stem, among: known, within: 1)
            else { return nil }
            return "the variable \(variable) is not read; did you mean \(nearest)\(isFile ? suffix : "")?"
        }
    }

    /// The setting that a variable was probably meant to be.
    ///
    /// Other programs share the environment: `HOSTS`, `API_KEY`, `DATABASE_URI` and `STRIPE_CLI_VERSION` are
    /// theirs. So only settings with long, unusual names are compared, and only typing errors count: other
    /// underscores or lower case; one or two wrong letters in long words with the same number of words; a
    /// plural `S` too many or too few. A different digit is no typing error: `STRIPE_WEBHOOK_SECRET2` may be
    /// a second secret.
    static func meant(by variable: String) -> String? {
        let suffix = "_FILE"
        if let ours = setting(meantBy: variable) { return ours }
        guard variable.uppercased().hasSuffix(suffix) else { return nil }
        return setting(meantBy: String(variable.dropLast(suffix.count))).map { $0 + suffix }
    }

    private static func setting(meantBy name: String) -> String? {
        let known = Setting.allCases.map(\.rawValue)
        guard !known.contains(name), 10...64 ~= name.utf8.count else { return nil }
        // NAME_FILE of a known setting is known.
        if name.hasSuffix("_FILE"), known.contains(String(name.dropLast(5))) { return nil }
        return known.first { isMisspelling($0, by: name) }
    }

    /// Settings whose names other programs may use too.
    private static let common: Set<Setting> = [
        .host, .port, .publicURL, .databaseURL, .apiKeys, .logLevel, .logFormat,
    ]

    private static func isMisspelling(_ ours: String, by name: String) -> Bool {
        guard ours.count >= 12, !(Setting(rawValue: ours).map(common.contains) ?? true) else { return false }
        let given = name.uppercased()
        func without(_ text: String) -> String { text.filter { $0 != "_" } }
        if without(given) == without(ours) { return true }
        guard given.filter(\.isNumber) == ours.filter(\.isNumber) else { return false }
        if given == ours + "S" || given + "S" == ours { return true }

        let words = zip(given.split(separator: "_"), ours.split(separator: "_")).filter { $0 != $1 }
        guard given.split(separator: "_").count == ours.split(separator: "_").count else { return false }
        var wrong = 0
        for (word, ourWord) in words {
            guard ourWord.count >= 5 else { return false }
            wrong += Spelling.editDistance(from: String(word), to: String(ourWord))
        }
        return wrong <= (ours.count >= 16 ? 2 : 1)
    }
}
