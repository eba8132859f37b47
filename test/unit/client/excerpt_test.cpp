#include "excerpt.hpp"

#include <gtest/gtest.h>

#include "text.hpp"

using namespace surefoot::client;

TEST(Excerpt, ShowsTwoLinesAroundAndACaret)
{
	EXPECT_EQ(render_excerpt("one\ntwo\nthree\nfour\nfive\nsix\n", 3, 2), "  1 | one\n"
																		  "  2 | two\n"
																		  "> 3 | three\n"
																		  "    |  ^\n"
																		  "  4 | four\n"
																		  "  5 | five\n");
}

TEST(Excerpt, StopsAtTheEdges)
{
	EXPECT_EQ(render_excerpt("one\n", 1, 1), "> 1 | one\n    | ^\n");
	EXPECT_EQ(render_excerpt("one", 1, 4), "> 1 | one\n    |    ^\n");
	EXPECT_EQ(render_excerpt("one\n", 7, 1), "");
	EXPECT_EQ(render_excerpt("one\n", 0, 1), "");
	EXPECT_EQ(render_excerpt("one\ntwo", 2, 0), "  1 | one\n> 2 | two\n");
}

TEST(Excerpt, CaretCountsCharactersAndTabs)
{
	EXPECT_EQ(render_excerpt("\tgr\xC3\xBC\xC3\x9F x", 1, 7), "> 1 | "
															  "    gr\xC3\xBC\xC3\x9F x\n    | "
															  "         ^\n");
}

TEST(Excerpt, AlignsNumbersOfDifferentWidth)
{
	std::string script;
	for (int i = 1; i <= 12; ++i)
		script += "x\n";
	EXPECT_EQ(render_excerpt(script, 9, 1), "   7 | x\n"
											"   8 | x\n"
											">  9 | x\n"
											"     | ^\n"
											"  10 | x\n"
											"  11 | x\n");
}

TEST(Excerpt, CarriageReturnsAreNotShown)
{
	EXPECT_EQ(render_excerpt("one\r\ntwo\r\n", 2, 1), "  1 | one\n> 2 | two\n    | ^\n");
}

TEST(Excerpt, CutsLongLinesAroundTheCaret)
{
	std::string shown =
		render_excerpt(std::string(5000, 'a') + "B" + std::string(5000, 'c'), 1, 5001);
	EXPECT_LT(shown.size(), 300u);
	std::vector<std::string> lines = split_lines(shown);
	ASSERT_EQ(lines.size(), 2u);
	EXPECT_EQ(lines[0][lines[1].find('^')], 'B');
}

TEST(Excerpt, CoversPasswords)
{
	std::string shown = render_excerpt("CREATE ROLE joe PASSWORD 's3cret' x;", 1, 35);
	EXPECT_EQ(shown.find("s3cret"), std::string::npos);
}

TEST(Excerpt, CoversSecretsThatGoOverLines)
{
	EXPECT_EQ(render_excerpt("create role app3 login\n  password\n    'hunter5';\n", 1, 1), "> 1 | create role app3 login\n"
																						  "    | ^\n"
																						  "  2 |   password\n"
																						  "  3 |     '********';\n");
	EXPECT_EQ(render_excerpt("password 'hunt\n\ner5' login;\nx\n", 4, 0), "  2 | \n"
																		 "  3 | ********' login;\n"
																		 "> 4 | x\n");
	EXPECT_EQ(render_excerpt("a\nb\nc\nencrypted password\n'hunter5';", 3, 1).find("hunter5"), std::string::npos);
}

TEST(Excerpt, TheCaretFollowsWhatIsCovered)
{
	std::vector<std::string> lines = split_lines(render_excerpt("create role a password 'hunter5' lgin", 1, 34));
	ASSERT_EQ(lines.size(), 2u);
	EXPECT_EQ(lines[0], "> 1 | create role a password '********' lgin");
	EXPECT_EQ(lines[1].find('^'), lines[0].find("lgin"));
	EXPECT_EQ(render_excerpt("create rle a password 'x'", 1, 8), "> 1 | create rle a password '********'\n"
																"    |        ^\n");
	EXPECT_EQ(render_excerpt("password 'hunter5'", 1, 14), "> 1 | password '********'\n"
														  "    |           ^\n");
}
