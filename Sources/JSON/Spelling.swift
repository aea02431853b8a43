/// Finds the nearest known spelling of a word.
package enum Spelling {
    /// Finds a candidate; upper case counts as lower case.
    ///
    /// - Parameters:
    ///   - word: The unknown word.
    ///   - candidates: The known words.
    ///   - limit: The largest edit distance; by default half of the candidate's letters, and at least 2.
    /// - Returns: The candidate with the smallest edit distance, if it is small enough.
    package static func nearest(
        to word: String,
        among candidates: [String],
        within limit: Int? = nil
    ) -> String? {
        let ranked = candidates.map { (editDistance(from: word.lowercased(), to: $0.lowercased()), $0) }.min {
            $0.0 < $1.0
        }
        guard let (distance, candidate) = ranked,
            distance <= limit ?? max(2, candidate.count / 2)
        else { return nil }
        return candidate
    }

    /// The edit distance: letters inserted, deleted, replaced or swapped with a neighbour.
    package static func editDistance(from left: String, to right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var before: [Int] = []
        var row = Array(0...right.count)
        for i in left.indices {
            var next = [i + 1]
            for j in right.indices {
                var least = min(row[j] + (left[i] == right[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, before[j - 1] + 1)
                }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
