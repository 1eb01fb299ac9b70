// Tests that draw need an application; its platform is offscreen, so that no display is needed.
#include "ui/theme.h"

#include <QApplication>

#include <gtest/gtest.h>

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    testing::InitGoogleTest(&argc, argv);
    QApplication app(argc, argv);
    headroom::ui::applyTheme(app, headroom::ui::lightTheme());
    return RUN_ALL_TESTS();
}
