// A label of one line that may be longer than its place: what does not fit is cut with an ellipsis and shown on hover.
#pragma once

#include <QLabel>

namespace headroom::ui {

class ElidedLabel final : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;
};

} // namespace headroom::ui
