#include "core/canonical.hpp"

#include <gtest/gtest.h>

using surefoot::core::canonical;

/* On the right what the server says of the left, once that was run. */
TEST(Canonical, ReadsAsTheServerDoes)
{
	const std::pair<const char *, const char *> texts[] = {
		{"((a = 1) AND (b = 2))", "((a = 1) AND (b = 2))"},
		{"(((a >= 1) AND (a <= 2)) AND (b = 2))", "((a >= 1) AND (a <= 2) AND (b = 2))"},
		{"((((a) AND (b)) AND (c)) AND (d))", "((a) AND (b) AND (c) AND (d))"},
		{"((c) AND ((a) AND (b)))", "((c) AND ((a) AND (b)))"},
		{"(((a) OR (b)) AND (c))", "(((a) OR (b)) AND (c))"},
		{"(((a) OR (b)) OR (c))", "((a) OR (b) OR (c))"},
		{"CHECK ((((s)::text = ANY ((ARRAY['a'::character varying, 'b,)'::character varying])::text[]))))",
		 "CHECK ((((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b,)'::character varying)::text]))))"},
		{"(ARRAY[ARRAY[1], ARRAY[2]])::bigint[]", "(ARRAY[ARRAY[1], ARRAY[2]])::bigint[]"},
		{"(ARRAY['a'::text])::character varying(9)[]", "(ARRAY['a'::text])::character varying(9)[]"},
		{"(x = ') AND (')", "(x = ') AND (')"},
		{"((\"(a AND b) AND c\") AND ((d) AND (e)))", "((\"(a AND b) AND c\") AND ((d) AND (e)))"},
		{"((E'\\'(' = a) AND (b)) AND (c)", "(E'\\'(' = a) AND (b) AND (c)"},
		{"sum(a) OVER (ORDER BY (b) ROWS BETWEEN (1) PRECEDING AND CURRENT ROW), ((c) AND (d))",
		 "sum(a) OVER (ORDER BY (b) ROWS BETWEEN (1) PRECEDING AND CURRENT ROW), ((c) AND (d))"},
		{") AND (", ") AND ("},
	};
	for (const auto &[text, expected] : texts) {
		EXPECT_EQ(canonical(text), expected);
		EXPECT_EQ(canonical(expected), expected);
	}
}
