/// Finds what somebody probably meant.
enum Spelling {
    /// - Returns: The candidate that the fewest changes turn `word` into, if it is near enough to be meant.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (distance(word.lowercased(), $0.lowercased()), $0) }.min { $0.0 < $1.0 }
        guard let (distance, candidate) = ranked, distance <= max(2, candidate.count / 2) else { return nil }
        return candidate
    }

    /// The Levenshtein distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let substituted = diagonal + (character == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
